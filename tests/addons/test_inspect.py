import pytest
from headroom_addons.inspect import Inspect
from mitmproxy.addons.view import View
from mitmproxy.test import taddons, tflow

from headroom.control.trimmed import Trimmed


@pytest.mark.parametrize("shown", ["", "~u /no/such/path"], ids=["all flows shown", "all hidden by a filter"])
async def test_flows_beyond_the_bound_go_whether_they_are_shown_or_not(shown):
    with taddons.context() as context:
        view = View()
        context.master.view = view
        view.set_filter_cmd(shown)
        inspect = Inspect(None)
        inspect._kept = Trimmed(1 << 30, 3)
        made = []
        for _ in range(10):
            flow = tflow.tflow(resp=True)
            made.append(flow)
            view.add([flow])
            inspect.response(flow)
        assert view.store_count() == 3
        assert [view.get_by_id(flow.id) for flow in made[-3:]] == made[-3:]
