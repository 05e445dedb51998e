"""Records are what frozen dataclasses with slots are."""

import copy
import dataclasses
import pickle

import pytest

from pronghorn._record import record, replace


@record
class Point:
    """A point."""

    x: int
    y: int = 0

    @property
    def sum(self):
        return self.x + self.y


@dataclasses.dataclass(frozen=True, slots=True)
class Twin:
    x: int
    y: int = 0


@pytest.mark.parametrize(
    ("values", "named"),
    [((1,), {}), ((1, 2), {}), ((), {"x": 1}), ((1,), {"y": 2}), ((), {"y": 2, "x": 1})],
)
def test_a_record_takes_what_a_dataclass_takes(values, named):
    point, twin = Point(*values, **named), Twin(*values, **named)
    assert (point.x, point.y) == (twin.x, twin.y)
    assert repr(point) == repr(twin).replace("Twin", "Point")
    assert point == Point(twin.x, twin.y)
    assert hash(point) == hash(Point(twin.x, twin.y))


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), ((1, 2, 3), {}), ((1,), {"z": 1}), ((1,), {"x": 1})]
)
def test_a_record_refuses_what_a_dataclass_refuses(values, named):
    for kind in (Point, Twin):
        with pytest.raises(TypeError):
            kind(*values, **named)


def test_a_record_cannot_be_changed():
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    assert not hasattr(point, "__dict__")


def test_records_of_different_classes_differ():
    @record
    class Other:
        x: int
        y: int = 0

    assert Point(1) != Other(1)
    assert Point(1) != Point(2)


def test_a_record_is_replaced_copied_and_taken_apart():
    point = Point(1, 2)
    assert replace(point, y=3) == Point(1, 3)
    assert copy.deepcopy(point) == copy.copy(point) == pickle.loads(pickle.dumps(point)) == point
    match point:
        case Point(x, y=second):
            assert (x, second, point.sum) == (1, 2, 3)


def test_a_record_keeps_what_its_class_says():
    assert Point.__doc__ == "A point."
    assert (Point.__module__, Point.__qualname__) == (__name__, "Point")
