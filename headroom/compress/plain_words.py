"""Words that stand in any sentence, and so say nothing on what a question is about."""

from __future__ import annotations

_ENGLISH = """
a about above after again against all also am an and any anything are as ask at away back be because been before being below
between both but by can check come comes concerning continue could current did different do does doing done down due during each
either else end ever every everything exactly explain few figure file files find first fix for found from full further get give
gives go goes going good got had handle happen happened happens has have having he help her here him his how i if in inside
instead into is it its itself just keep know last later least left less let line lines list look looking looks made make makes
many matter may maybe me mean means mention mentions might mine more most much must my name named names near need needed needs
never new next no none nor not nothing now number of off ok okay old on once one only onto open or other our out output over own
page pages part place please possible present problem proceed put quite rather read reading really record records request result
results right row rows run running said same save saw say says second section see seem seen set shall she should show shows since
so some something still stop such sure take task tell test tests than thank thanks that the their them then there these they thing
things think this those though three through to today together told too total toward try trying two under until up upon us use
used useful uses using value values very via want wanted wants was way we well went were what whatever when where whether which
while who whole whom whose why will with within without work working works would write yes yet you your yours
"""
_FOREIGN = """
alors aucun aussi avec cette ces chez comme dans depuis elle elles encore entre et était fait jusque leur leurs mais
nous où parce pour pourquoi quand que quel quelle quelles quels qui sans sont sous sur tous tout toute très une
voici voilà vous
aber alle auch auf bei bitte dann dass diese dieser dieses doch durch ein eine einem einen einer gibt haben
ich kann kein keine nach nicht noch nur oder sich sie sind und von vor wann warum was welche welchem welchen welcher
welches wenn werden wie wird wurde zeig zeige zu zum zur zwischen
ahora aquí cómo cuál cuáles cuándo dónde ellos esta este esto había hay más muestra para pero por qué quién según sido sobre también tiene una unas unos y ya
"""
"""Words of French, German and Spanish that stand in any sentence, those left out that mean something: MIT, DER, EST, SES."""
PLAIN = frozenset((*_ENGLISH.split(), *_FOREIGN.split()))


def is_plain(word: str) -> bool:
    """Whether a word in lower case says nothing by itself, as it stands in any sentence."""
    return word in PLAIN
