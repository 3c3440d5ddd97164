from semseg.contract.findings import first_names


def test_three_files_are_named_and_more_are_counted() -> None:
    assert first_names(["a.png"], 1) == "a.png"
    assert first_names(["a.png", "b.png"], 2) == "a.png and b.png"
    assert first_names(["a.png", "b.png", "c.png"], 3) == "a.png, b.png and c.png"
    assert first_names(["a.png", "b.png", "c.png", "d.png"], 20) == "a.png, b.png, c.png and 17 more"
