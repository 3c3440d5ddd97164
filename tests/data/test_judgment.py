"""What was seen of both halves is judged together: each thing once, the worst first."""

from __future__ import annotations

from semseg.contract.findings import NOTED, REFUSED, WARNED, Finding
from semseg.data.look.channel_look import ChannelLook
from semseg.data.look.folding import told_once
from semseg.data.look.judgment import judge
from tests.data.looking import a_mask, an_image, field, judged, look_of, map_of, settings


def test_what_refuses_a_job_comes_first_and_notes_come_last() -> None:
    training = look_of([{0: 4, 1: 3, 9: 1}, {0: 8}, {0: 4, 1: 2, 255: 2}])
    training.add(("train/a.jpg", "train_annotation/a.png"), an_image("same"), a_mask({0: 4, 1: 4}))
    validation = look_of([{0: 4, 1: 4}], "validation")
    validation.add(("validation/b.jpg", "validation_annotation/b.png"), an_image("same"), a_mask({0: 4, 1: 4}))
    found = judged(training, validation, algorithm="psp", mini_batch_size=1)
    assert [(finding.level, finding.cause) for finding in found] == [
        (REFUSED, "value-beyond-classes"),
        (WARNED, "same-picture-in-both"),
        (WARNED, "batch-of-one"),
        (NOTED, "mask-of-one-class"),
    ]


def test_field_batches_of_one_are_told_for_decoders_that_pool_the_whole_picture() -> None:
    looks = field("batch-of-one")
    for algorithm, expected in (("deeplab", 1), ("psp", 1), ("fcn", 0)):
        found = judged(*looks, 3, algorithm=algorithm, mini_batch_size=1)
        assert sum(finding.cause == "batch-of-one" for finding in found) == expected


def test_data_without_a_fault_are_not_spoken_of() -> None:
    assert judged(look_of([{0: 4, 1: 4}] * 3), look_of([{0: 4, 1: 4}], "validation")) == []


def test_each_half_is_judged_by_its_own_label_map() -> None:
    training, validation = look_of([{0: 4, 255: 4}]), look_of([{0: 4, 1: 4}], "validation")
    maps = map_of('{"map": {"0": 0, "1": 255}}'), map_of(None)
    assert judge(training, validation, maps, settings(), 1) == []
    [finding] = judge(training, validation, (maps[0], maps[0]), settings(), 1)
    assert (finding.channel, finding.cause) == ("validation_annotation", "unnamed-value")


def test_nothing_is_said_of_missing_classes_while_masks_cannot_be_read() -> None:
    training = look_of([{0: 8}])
    training.add(("train/9.jpg", "train_annotation/9.png"), an_image("9"), None)
    assert judged(training, look_of([{0: 4, 1: 4}], "validation")) == []


def test_masks_that_come_in_the_stream_of_the_images_are_named_by_their_channel() -> None:
    look = ChannelLook("train", "train")
    look.add(("train/0.jpg", "line 1"), an_image(), a_mask({0: 4, 1: 3, 2: 1}))
    [finding] = judged(look, look_of([{0: 4, 1: 4}], "validation"))
    assert finding.sentence.startswith("pixel value 2 is in 1 of 1 mask of channel train (12.5 % of the pixels), first")


def test_what_has_another_way_out_is_told_by_itself() -> None:
    first = Finding(WARNED, "a-cause", "train", "2 of train are so: do this", 2, ("train/a.jpg", "train/b.jpg"))
    alike = Finding(WARNED, "a-cause", "validation", "1 of validation is so: do this", 1, ("validation/c.jpg",))
    other = Finding(WARNED, "a-cause", "validation", "1 of validation is so: do that", 1, ("validation/c.jpg",))
    noted = Finding(NOTED, "another", "validation", "1 of validation is so")
    assert told_once([first], [alike]) == [
        Finding(
            WARNED,
            "a-cause",
            "train",
            "2 of train are so (likewise 1 of channel validation): do this",
            3,
            ("train/a.jpg", "train/b.jpg"),
        )
    ]
    assert told_once([first], [other, noted]) == [first, other, noted]
