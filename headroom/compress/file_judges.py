"""Judges of what people write and tools only show: settings, documents and programs, whose lines look much alike."""

from __future__ import annotations

import re

from headroom.compress.config_files import are_settings
from headroom.compress.sample import Sample

_CONFIG_LINE = re.compile(
    r"\s*+(?:(?:- )?[\w./\"'${}@-]++\s*+(?::(?:\s|$)|=)|-\s+\S|[#;]|\],?$)|\[+[\w.\"' -]+\]+\s*$|---\s*$|\.\.\.\s*$"
    r"|\s++(?:(?:\"[^\"]*\"|'[^']*'),?$|\{ ?\w+ ?= ?)"
)
_DIRECTIVE = re.compile(r"\s*(?:[a-z_]{2,40} [^;{}()=]*[;{]|[a-z_]{2,40} ?\{|\}|#.*)$")
"""A line of nginx's configuration and its like."""
_DIRECTIVES = 0.85
_OF_FILES = 0.5
"""Share of lines that look like settings in files that are such by their names: commands of workflows look like programs."""
_YAML_LINE = re.compile(r"\s*+(?:(?:- )?[\w./\"'-]++:(?:\s|$)|- )")
_COMMENT = re.compile(r"# ?\S")
_ATX = re.compile(r"\n#{2,6} \S")
_SET_OFF = re.compile(r"\n\n#{2,6} \S[^\n]*(?=\n\n)")
"""A title between blank lines, smaller than the first: no remark stands so."""
_OVER_LIST = re.compile(r"\n\n#{1,6} \S[^\n]*\n+(?:#{1,6} \S[^\n]*\n+)?(?=[-*+] \S)")
"""A title, or two, with a list below it, as in a list of changes; a program's remark stands over keys if over a list."""
_UNDERLINED = re.compile(
    r"\n[^\s|+=-][^\n]*\n(?:={3,}|-{3,}) *(?=\n)|\n\n[^\s|+=*-][^\n]*\n(?:\*{4,}|\^{4,}|\"{4,}|\+{4,}|~{4,}) *(?=\n)"
)
"""A title with a rule below it."""
_RST_MARK = re.compile(r"\n *\.\. [\w:-]+::|\n\.\. _[^\n:]+:(?=\s)")
"""What reStructuredText alone has, beside titles with rules."""
_REMARKS = re.compile(r"\n#(?: [^\n]*)?(?=\n#[ \n])")
"""A remark of a program with another below it; titles of a document never adjoin."""
_PROGRAM_HEAD = re.compile(r"#!|[rRbBuU]?(?:\"\"\"|''')|# -\*- |<\?php\b|/\*")
"""How a program's file opens, or that of a module that says first what it is for."""
_OPENED_CODE = 0.5
_TITLED = 3
"""So many titles below the first are a document's, whatever else it holds."""
_MANY_TITLES = 0.12
_SOME_KEYS = 0.2
_DEFINES = 0.04
_KEY_LINE = re.compile(r"\s*+(?:- )?[A-Za-z_][\w.-]*+:(?:\s|$)")
_MARKDOWN_LINE = re.compile(
    r"#{1,6} \S|\s*+(?:[-*+] \S|\d+\. \S)|```|~~~|> |\|.*\|\s*$|={3,}\s*$|-{3,}\s*$|!\[|\[[^\]]+\]\(|<\w+[ >]"
)
_MARKDOWN_HEAD = re.compile(r"#{1,6} \S|```|(?:={3,}|-{3,}|~{3,})$|[^\]\n]{0,120}\]\([^)\s]+\)")
_CODE_LINE = re.compile(
    r"\s*+(?:def|class|import|from|return|if|elif|else|for|while|try|except|with|async|await|func|fn|pub|use|let|const|var|function"
    r"|export|public|private|protected|static|package|struct|enum|impl|type|interface|case|switch|match|module|require|end|local|namespace|template|typedef|raise|throw|yield)\b"
    r"|\s++(?:[\w.\[\]\"']++(?:: [\w.\[\], ]+)? [-+|&*/]?= \S|(?:self\.|this\.|\$)?[\w.]++\(|[a-z_]++[!?]? :[a-z])|[\w.]++ = [\w.]++\("
    r"|\s*+(?://|/\*|\*|# *(?:include|define|if|endif|pragma|else|ifdef|ifndef)\b|@\w+|\"\"\"|--\s|[)\]}]+[,;]?$)"
)
_REMARK = re.compile(r"\s*# ")
_STATEMENT_LINE = re.compile(
    # SQL
    r"\s*(?:SELECT|FROM|WHERE|AND|ON|SET|(?:LEFT |RIGHT |INNER |FULL |CROSS )?JOIN|GROUP BY|ORDER BY|HAVING|UNION|CREATE|ALTER|DROP"
    r"|UPDATE|DELETE|WITH|BEGIN|COMMIT|GRANT|RETURNING|DECLARE|END)\b(?! *[:=])|--(?: |$)|\s+\w+ +(?:bigint|integer|int|text|varchar|char"
    r"|numeric|decimal|boolean|date|timestamp|timestamptz|uuid|jsonb?|serial|real|BIGINT|INT|INTEGER|TEXT|VARCHAR|DECIMAL|BOOLEAN|TIMESTAMP)\b"
    # Dockerfile
    r"|(?:RUN|COPY|ADD|ENV|WORKDIR|EXPOSE|CMD|ENTRYPOINT|ARG|LABEL|USER|VOLUME|HEALTHCHECK|ONBUILD|SHELL|STOPSIGNAL) \S|\s+(?:&&|\|\|) \S"
    # make
    r"|\t[@-]?[\w./$\"'+]|[\w.]+ *(?:[:?+]=|!=) ?|[\w./%$() -]+:(?: [^=:]*)?$|(?:ifeq|ifneq|ifdef|ifndef|endif|include|\.PHONY)\b"
    # shell
    r"|\s*(?:if \[|if !? ?\w|elif|else$|then$|fi\b|for \w+ in |while |do$|done\b|case \S+ in|esac$|;;|echo |printf |export \w+|local |readonly |set [-+]"
    r"|cd |mkdir |rm |cp |mv |tar |grep |sed |awk |cat |chmod |chown |source |exec |trap |return\b|exit\b|sudo |curl |install |\w+=[\"'$({/\w.-]*$)"
    r"|\w+ ?\(\) ?\{|\s*(?:[\[{(]|[\])}]+[;,]?$)"
)
_STATEMENT = re.compile(
    r"\n(?:[ \t]*(?:SELECT\b[^\n]*(?:\n[^\n]+){0,4}\bFROM |CREATE (?:OR REPLACE )?(?:UNIQUE )?(?:TABLE|INDEX|VIEW|FUNCTION|TRIGGER|TYPE) |ALTER TABLE )"
    r"|FROM [\w./:@$-]+(?: AS \w+)?\n|RUN \S[^\n]*\n|[\w./%$()-]+:(?: [^\n=]*)?\n\t[@\w$./-]|\w+ ?\(\) ?\{\n|[ \t]*(?:if \[+|for \w+ in)[^\n]*; (?:then|do)\n)"
)
"""What programs hold whose lines look like no others': queries, image and make files, shell scripts."""
_STATEMENTS = 0.6
_BLOCK = re.compile(r"\n[ \t]*\w+(?: \"[^\"\n]*\"){1,2} \{\n\s*[\w.-]+ +=? ?\S")
_BLOCK_LINE = re.compile(
    r"\s*(?:[\w-]+(?: \"[^\"]*\")* \{$|[\w.-]+ += [^;]*$|\"[^\"]+\" *= [^;]*$|[\])}]+,?$|#|//|\"[^\"]*\",?$)"
)
"""HCL, as Terraform and its like read it: blocks with labels, and values set in them."""
_KEYWORD_LINE = re.compile(r"\s*[A-Z][A-Za-z]+ [^\s=:]\S*(?: \S+){0,3}(?<![.!?])$")
_KEYWORD_BLOCK = re.compile(
    r"\n(?:Host \S[^\n]*\n[ \t]+[A-Z]|[ \t]*<([A-Z]\w+)[ >][^\n]*>\n[ \t]+(?:<[A-Z]\w+ |[A-Z]\w+ ))"
)
_KEYWORD_OR_TAG = re.compile(rf"{_KEYWORD_LINE.pattern}|\s*(?:</?[A-Z]\w+[^<>]*>$|#)")
"""Settings of sshd and of Apache: a keyword and its values, in blocks below a line."""
_CODE_HEAD = re.compile(
    r"\s*(?:(?:export |default |public |private |protected |static |final |abstract |async |pub(?:\([a-z]+\))? |inline |extern |unsafe )*"
    r"(?:(?:def|class|func|fn|function|interface|struct|enum|impl|trait|namespace|module|package|typedef)\s+[\w(]|const (?:\w+ =|\()|let \w+ =|type \w+\b)"
    r"|import [\w{*\"]|from \S+ import|#include\b|use \w+::|using \w+|(?=[^(]*+\([^{]*+\{)[\w*&<>,: ]{3,80}\([^;]{0,120}\)\s*(?:const\s*)?\{)"
)


def config(sample: Sample) -> float:
    """How surely, 0..1, this is a file of settings: keys with values, blocks, directives."""
    lined = sample.share(_CONFIG_LINE)
    yaml = sample.share(_YAML_LINE)
    ends = sum(1 for line in sample.lines if _ends_block(line)) / len(sample.lines)
    if ends > 0.5 and sample.share(_DIRECTIVE) >= _DIRECTIVES and sample.share(_CODE_HEAD) < _DEFINES:
        return 0.86
    if _BLOCK.search(sample.text) and sample.share(_BLOCK_LINE) >= _DIRECTIVES:
        return 0.88
    if _KEYWORD_BLOCK.search(sample.text) and sample.share(_KEYWORD_OR_TAG) >= _DIRECTIVES:
        return 0.86
    if max(yaml, lined) >= _OF_FILES and are_settings(sample.text):
        return 0.92
    if sample.share(_CODE_HEAD) >= _DEFINES:  # keys and annotated names look alike
        return 0.5 * max(yaml, lined)
    return max(0.0, 0.88 * max(yaml, 0.9 * lined) - ends)


def _ends_block(line: str) -> bool:
    """Whether a statement or block ends or opens here; a map in one line does neither."""
    return line.endswith((";", "{")) or (line.endswith("}") and "{" not in line)


def markdown(sample: Sample) -> float:
    """How surely, 0..1, this is a document with titles and marks."""
    comments = sample.share(_COMMENT)  # a script's comments and a title look alike; a title is rarer
    titled = len(_SET_OFF.findall(sample.text)) >= max(_TITLED, len(_REMARKS.findall(sample.text)))
    listed = len(_OVER_LIST.findall(sample.text)) >= _TITLED and sample.share(_KEY_LINE) <= _SOME_KEYS
    titled = titled or (listed and not _REMARKS.search(sample.text))
    if titled or comments <= _MANY_TITLES:
        comments = 0.0
    marks = sample.share(_MARKDOWN_HEAD) - comments
    if len(underlined := _UNDERLINED.findall(sample.text)) >= _TITLED:  # few of them may be among the lines looked at
        marks = max(marks, len(underlined) / sample.text.count("\n"))
    if marks <= 0:
        return 0.0
    if underlined and len(_RST_MARK.findall(sample.text)) >= _TITLED and not _PROGRAM_HEAD.match(sample.head):
        return 0.86
    if "\n```" in sample.text and _ATX.search(sample.text):  # headings around code blocks: the code is quoted
        return 0.92
    alone = marks * len(sample.lines) < 1.5 and not any(map(_MARKDOWN_HEAD.match, sample.lines[:2]))
    if alone or _is_program(sample):
        return 0.0
    keyed = sample.share(_KEY_LINE)  # a YAML file's comments look like headings
    if titled and keyed <= _SOME_KEYS:
        keyed = 0.0
    return min(0.86, 0.25 + 0.45 * (sample.share(_MARKDOWN_LINE) - comments) + min(0.35, 4.0 * marks)) - 0.6 * keyed


def _is_program(sample: Sample) -> bool:
    """Whether what looks like titles and rules are a program's remarks and what its strings hold."""
    if _PROGRAM_HEAD.match(sample.head):
        return True
    if "\n```" in sample.text:
        return False
    titles = len(_ATX.findall(sample.text))
    if len(_REMARKS.findall(sample.text)) > titles:
        return True
    return titles < _TITLED and "::\n" not in sample.text and sample.share(_CODE_HEAD) >= _DEFINES


def code(sample: Sample) -> float:
    """How surely, 0..1, this is a program."""
    heads = sample.share(_CODE_HEAD)
    match = _CODE_LINE.match
    lines = [entry for entry in sample.counted.items() if not _REMARK.match(entry[0])] or list(sample.counted.items())
    found = sum([count for line, count in lines if line.endswith((";", "{", "}", "):", " do")) or match(line)])
    share = found / sum([count for _, count in lines])
    score = min(0.9, share + min(0.2, 4.0 * heads)) if heads else 0.6 * share
    if score < _STATEMENTS and _STATEMENT.search(sample.text):
        share = sample.share(_STATEMENT_LINE)
        score = max(score, min(0.9, 0.2 + 0.8 * share) if share >= _STATEMENTS else 0.0)
    return max(score, _OPENED_CODE) if _PROGRAM_HEAD.match(sample.head) else score
