from __future__ import annotations

from semseg.prediction.tiles import spans, tile_spans


def test_spans_by_hand() -> None:
    # The last of 375 features is that of pixel 2992. At most 1048, a multiple of 8 and one: 1041. Shared are 128 + 8.
    # (2993 - 128) / (1041 - 136) = 3.2: four spans, each (2993 + 3 * 136) / 4 = 850.25, of a multiple of 8 and one 857.
    # The last begins at 2993 - 857 = 2136, the others at a third and two thirds of that.
    assert spans(3000, 1048) == [(0, 857), (712, 1569), (1424, 2281), (2136, 2993)]


def test_spans_for_a_network_that_judges_each_pixel_alone() -> None:
    # (3000 - 128) / (1000 - 129) = 3.3: four spans, each (3000 + 3 * 129) / 4 = 846.75
    assert spans(3000, 1000, stride=1) == [(0, 847), (717, 1564), (1435, 2282), (2153, 3000)]


def test_what_is_short_enough_is_one_span_of_any_length() -> None:
    assert spans(1048, 1048) == [(0, 1048)]
    assert spans(1, 1048) == [(0, 1)]


def test_a_picture_of_as_many_pixels_as_may_be_is_one_tile_and_one_row_more_is_several() -> None:
    assert tile_spans(1000, 2000, 2_000_000) == ([(0, 1000)], [(0, 2000)])
    rows, columns = tile_spans(1001, 2000, 2_000_000)
    assert len(rows) * len(columns) > 1


def test_a_narrow_picture_has_tiles_as_high_as_itself() -> None:
    rows, columns = tile_spans(100, 16_000, 800_000)
    assert rows == [(0, 100)]
    assert {column.length for column in columns} == {3313}  # (16000 + 4 * 136) / 5 = 3308.8
    rows, columns = tile_spans(16_000, 100, 800_000)
    assert columns == [(0, 100)]


def test_the_tiles_of_the_largest_pictures() -> None:
    rows, columns = tile_spans(9000, 12_000, 2_200_000)
    assert (len(rows), rows[0].length) == (10, 1025)
    assert (len(columns), columns[0].length) == (13, 1049)
