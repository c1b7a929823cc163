"""Ray draws the same tiles, on machines that come and go; really run, on this machine alone."""

from contextlib import closing

import pytest

from inkdream.atlas import ray_cluster
from inkdream.atlas.engines import versions
from inkdream.atlas.folder import open_atlas
from inkdream.atlas.local import LocalEngine
from inkdream.atlas.page import write_page
from inkdream.atlas.sweep import Sweep
from tests.atlas.made import contents, listed, raised, units

# What Ray warns of is its own, not ours.
pytestmark = pytest.mark.filterwarnings("ignore")
COUNT = 40
SMALL = {"width": 16, "steps": 2}
NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
# Without what only people look at, and what would start machines.
HEAD = {**NODE, "include_dashboard": False, "include_log_monitor": False, "no_monitor": True}


@pytest.fixture
def cluster():
    # Where others take the processors, machines may take long to answer.
    patient = {"RAY_raylet_start_wait_time_s": "300"}
    with pytest.MonkeyPatch.context() as patch:
        for name, word in {**ray_cluster.QUIET, **ray_cluster.ALONE, **patient}.items():
            patch.setenv(name, word)
        cluster_utils = pytest.importorskip("ray.cluster_utils", reason="needs the extra fleet")
        yield from running(cluster_utils)


def running(cluster_utils):
    made = cluster_utils.Cluster(initialize_head=True, head_node_args=HEAD)
    yield made
    made.shutdown()


def test_machines_that_come_and_go_draw_the_same_as_this_one(cluster, tmp_path, no_processes):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        open_atlas(folder)
    with closing(LocalEngine(1)) as engine:
        list(Sweep(here, units(COUNT, **SMALL)).draw(engine))
    second = cluster.add_node(**NODE)
    with closing(ray_cluster.RayEngine(cluster.address)) as engine:
        sweep = Sweep(there, units(COUNT, **SMALL))
        for news in sweep.draw(engine):
            if news.kind == "drawn" and news.standing.done == 4:
                cluster.add_node(**NODE)
            if news.kind == "drawn" and news.standing.done == 20:
                cluster.remove_node(second)
        assert engine.most_in_work <= ray_cluster.IN_FLIGHT * 3
    assert not sweep.failed and sweep.standing.done == COUNT
    assert contents(there) == contents(here)
    for folder in (here, there):
        write_page(folder)
    assert listed(there) == listed(here)


def test_a_machine_whose_memory_is_full_is_told_and_the_others_draw(cluster, tmp_path, capfd):
    open_atlas(tmp_path)
    # Whatever its worker takes is too much.
    cluster.add_node(**NODE, env_vars={"RAY_memory_usage_threshold": "0.001"})
    with closing(ray_cluster.RayEngine(cluster.address)) as engine:
        sweep = Sweep(tmp_path, units(4, **SMALL), tries=1)
        list(sweep.draw(engine))
    assert sweep.failed and sweep.standing.done == 4 - len(sweep.failed) > 0
    full = "its worker was ended: the memory of its machine was full"
    assert {error for _, error in sweep.failed.values()} == {full}
    # What Ray reports of it, at length, does not stand among our lines.
    assert capfd.readouterr().out == ""


def test_a_machine_with_other_versions_draws_nothing():
    answer = ray_cluster.draw_request({}, {**versions(), "torch": "0.1"})
    assert "torch" in answer["refused"] and "not 0.1" in answer["refused"]


def test_a_cluster_that_is_not_there_is_told_in_one_line(monkeypatch):
    class Ray:
        is_initialized = staticmethod(lambda: False)

        @staticmethod
        def init(**keys):
            raise ConnectionError("nobody\nanswers")

    monkeypatch.setattr(ray_cluster, "import_module", lambda name: Ray)
    assert "no Ray cluster (nobody answers)" in raised(lambda: ray_cluster.RayEngine("10.0.0.5:1"))


def test_without_ray_one_line_tells_how_to_add_it(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(ray_cluster, "import_module", missing)
    assert "--engine ray needs Ray; to add it: " in raised(ray_cluster.RayEngine)
