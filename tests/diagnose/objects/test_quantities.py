"""Quantities as they stand in manifests and in what nodes report."""

import pytest

from sreagent.diagnose.objects.quantities import amount, show


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("500m", 0.5, id="milli"),
        pytest.param("2", 2.0, id="plain"),
        pytest.param("1.5Gi", 1.5 * 2**30, id="gibibytes"),
        pytest.param("32675048Ki", 32675048 * 1024.0, id="kibibytes-as-nodes-report-them"),
        pytest.param("64k", 64_000.0, id="kilobytes"),
        pytest.param("129e6", 129e6, id="exponent"),
        pytest.param(93478772582, 93478772582.0, id="number"),
        pytest.param("lots", 0.0, id="no-quantity"),
        pytest.param("5K", 0.0, id="no-unit-of-kubernetes"),
    ],
)
def test_a_quantity_is_read(text: object, value: float) -> None:
    assert amount(text) == value


@pytest.mark.parametrize(
    ("resource", "value", "shown"),
    [
        pytest.param("cpu", 0.25, "250m", id="part-of-a-core"),
        pytest.param("cpu", 3.0, "3", id="cores"),
        pytest.param("memory", 1.5 * 2**30, "1.5Gi", id="memory"),
        pytest.param("nvidia.com/gpu", 2.0, "2", id="device"),
    ],
)
def test_an_amount_is_written_as_in_a_manifest(resource: str, value: float, shown: str) -> None:
    assert show(resource, value) == shown
