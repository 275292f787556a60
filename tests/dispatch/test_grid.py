"""What a grid finds is what sorting all there is would find."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pytest

from dispatch.core.bookings import Bookings, Workshop
from dispatch.core.distance import Point, roughly
from dispatch.core.grid import FEW, Grid, cell_of
from dispatch.core.policy import Policy
from dispatch.core.timers import Alarms
from gateway.finding import Place


@dataclass(frozen=True)
class Post:
    """Stands somewhere."""

    point: Point


@pytest.mark.parametrize("count", [FEW // 2, 8 * FEW])
@pytest.mark.parametrize("middle", [(51.2, 10.4), (-17.0, 179.9)])
def test_the_nearest_are_those_that_sorting_all_would_find(count: int, middle: Point) -> None:
    """Few and many, also where east meets west; of two in one place, by name; none that was taken away or is not able."""
    dice = Random(count)
    grid, posts = Grid[Post](), dict[str, Post]()
    for number in range(count):
        east = (middle[1] + dice.uniform(-4, 4) + 180) % 360 - 180
        post = Post((middle[0] + dice.uniform(-4, 4), east)) if number % 5 else Post(middle)
        posts[f"post-{number:03}"] = post
        grid.put(cell_of(post.point), f"post-{number:03}", post)
    for name in sorted(posts)[::7]:
        grid.take(cell_of(posts[name].point), name)
        del posts[name]
    able = {name for name in posts if int(name[-3:]) % 3}
    here = (middle[0] + 0.3, middle[1])
    expected = sorted(able, key=lambda name: (roughly(posts[name].point, here), name))[:6]
    found = grid.nearest(here, 6, lambda post: any(posts[name] is post for name in able))
    assert found == [posts[name] for name in expected]


def test_a_workshop_that_moved_is_found_where_it_is_now() -> None:
    """And nobody is sent to where it was."""
    bookings = Bookings(Policy(), Alarms())
    bookings.opens(Workshop("moves", 52.0, 10.0, "simulated"))
    bookings.opens(Workshop("stays", 53.0, 10.0, "simulated"))
    bookings.opens(Workshop("moves", 58.0, 10.0, "simulated"))
    nearest = bookings.nearest(Place(52.1, 10.0, 5.0, 0.0, "gnss"), "simulated", [])
    assert nearest is not None
    assert nearest.workshop == "stays"
