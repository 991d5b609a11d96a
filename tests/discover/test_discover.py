"""Which sources come of which inputs, in which order, under which names?"""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from pathlib import Path

import pytest

from pipeline.config.schema import InputSettings
from pipeline.discover import Problem, discover
from pipeline.errors import UsageError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    top = tmp_path / "in"
    top.mkdir()
    return top


def plant(top: Path, *names: str | bytes) -> None:
    """Make files, with the folders they need."""
    for name in names:
        path = top / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")


def found(*paths: Path | str, output: Path | None = None, targets=(), tell=None, **settings):
    """The sources of some paths."""
    told = tell if tell is not None else []
    asked = InputSettings(paths=[str(path) for path in paths], **settings)
    return list(discover(asked, output or Path("/nonexistent/out"), targets, told.append))


def names(*paths: Path | str, **rest) -> list[str]:
    return [source.name for source in found(*paths, **rest)]


def outputs(*paths: Path | str, **rest) -> dict[str, str]:
    return {source.name: source.output for source in found(*paths, **rest)}


class TestWhatIsTaken:
    def test_recordings_of_all_folders_in_order(self, root: Path) -> None:
        plant(root, "b.wav", "a.MP3", "z/1.mkv", "d/2.opus", "d/e/3.flac", "notes.txt", "wav", ".wav", "d/x.json")

        assert names(root) == ["a.MP3", "b.wav", "d/2.opus", "d/e/3.flac", "z/1.mkv"]

    def test_a_source_knows_its_file(self, root: Path) -> None:
        plant(root, "d/a.wav")
        os.utime(root / "d/a.wav", ns=(7, 1_234_567_890))

        (source,) = found(root)

        assert (source.path, source.name, source.output) == (root / "d/a.wav", "d/a.wav", "d/a")
        assert (source.bytes, source.mtime_ns, source.options) == (5, 1_234_567_890, ())

    def test_hidden_files_and_folders_are_left_out_unless_wanted(self, root: Path) -> None:
        plant(root, ".a.wav", ".d/b.wav", "c.wav", "._c.wav")

        assert names(root) == ["c.wav"]
        assert names(root, hidden=True) == ["._c.wav", ".a.wav", "c.wav", ".d/b.wav"]

    def test_our_own_files_are_never_recordings(self, root: Path) -> None:
        plant(root, ".speech-pipeline/x.wav", ".speech-pipeline-abc.wav", "a.wav")

        assert names(root, hidden=True) == ["a.wav"]

    def test_not_recursive_means_the_folder_itself(self, root: Path) -> None:
        plant(root, "a.wav", "d/b.wav")

        assert names(root, recursive=False) == ["a.wav"]

    @pytest.mark.parametrize(
        ("include", "expected"),
        [
            (["*.wav"], ["a.wav", "d/c.WAV"]),
            (["*.txt"], ["b.txt"]),
            (["d/*"], ["d/c.WAV", "d/d.mp3"]),
            (["?.mp3", "b.*"], ["b.txt", "d/d.mp3"]),
            (["[a-c].wav"], ["a.wav", "d/c.WAV"]),
            (["[!a].wav"], ["d/c.WAV"]),
            (["**/e/*"], ["d/e/f.mp3"]),
            (["**"], ["a.wav", "b.txt", "d/c.WAV", "d/d.mp3", "d/e/f.mp3"]),
        ],
    )
    def test_include_says_what_to_take(self, root: Path, include: list[str], expected: list[str]) -> None:
        plant(root, "a.wav", "b.txt", "d/c.WAV", "d/d.mp3", "d/e/f.mp3")

        assert set(expected) <= set(names(root, include=include))
        if include not in (["?.mp3", "b.*"], ["**"]):
            assert names(root, include=include) == expected

    @pytest.mark.parametrize(
        ("exclude", "expected"),
        [
            (["*.mp3"], ["a.wav", "d/c.wav"]),
            (["d"], ["a.wav"]),
            (["d/"], ["a.wav"]),
            (["D/E"], ["a.wav", "d/c.wav", "d/d.mp3"]),
            (["d/*.mp3"], ["a.wav", "d/c.wav", "d/e/f.mp3"]),
            (["**/*.mp3"], ["a.wav", "d/c.wav"]),
            (["/a.wav"], ["d/c.wav", "d/d.mp3", "d/e/f.mp3"]),
        ],
    )
    def test_exclude_says_what_to_leave_out(self, root: Path, exclude: list[str], expected: list[str]) -> None:
        plant(root, "a.wav", "d/c.wav", "d/d.mp3", "d/e/f.mp3")

        assert names(root, exclude=exclude) == expected

    def test_only_files_are_recordings(self, root: Path) -> None:
        plant(root, "dir.wav/a.wav")
        os.mkfifo(root / "pipe.wav")

        assert names(root) == ["dir.wav/a.wav"]

    def test_an_empty_folder_is_no_fault(self, root: Path) -> None:
        assert names(root) == []

    def test_an_input_without_recordings_is_told(self, root: Path) -> None:
        plant(root, "full/a.wav", "empty/x.txt")
        told: list[Problem] = []

        assert names(root / "full", root / "empty", f"{root}/*.mp3", root / "full/a.wav", tell=told) == ["a.wav"]
        assert [str(problem) for problem in told] == [f"{root}/empty: no recordings", f"{root}/*.mp3: no recordings"]


class TestFilesGlobsAndLists:
    def test_a_file_is_taken_whatever_its_name(self, root: Path) -> None:
        plant(root, "a.xyz", ".b")

        assert names(root / "a.xyz", root / ".b") == [".b", "a.xyz"]

    @pytest.mark.parametrize(
        ("pattern", "expected"),
        [
            ("*.wav", ["a.wav"]),
            ("**/*.wav", ["a.wav", "d/c.wav", "d/e/f.wav"]),
            ("*", ["a.wav", "d/c.wav", "d/e/f.wav", "d/e/g.mp3"]),
            ("d/*", ["c.wav", "e/f.wav", "e/g.mp3"]),
            ("?/*.wav", ["d/c.wav"]),
            ("*/e", ["d/e/f.wav", "d/e/g.mp3"]),
            ("**/e/*.mp3", ["d/e/g.mp3"]),
            ("**", ["a.wav", "d/c.wav", "d/e/f.wav", "d/e/g.mp3"]),
            ("*.txt", ["b.txt"]),
            ("[ab].*", ["a.wav", "b.txt"]),
            ("none*", []),
        ],
    )
    def test_a_glob_keeps_the_tree_below_its_fixed_folders(self, root: Path, pattern: str, expected: list[str]) -> None:
        plant(root, "a.wav", "b.txt", "d/c.wav", "d/e/f.wav", "d/e/g.mp3", ".h/i.wav")

        assert names(f"{root}/{pattern}") == expected

    def test_a_glob_that_asks_for_hidden_names_gets_them(self, root: Path) -> None:
        plant(root, ".h/i.wav", "j.wav")

        assert names(f"{root}/.h*/*.wav") == [".h/i.wav"]

    def test_what_exists_as_it_is_spelled_is_no_pattern(self, root: Path) -> None:
        plant(root, "a[1].wav", "a1.wav", "d[x]/b.wav")

        assert names(root / "a[1].wav") == ["a[1].wav"]
        assert names(root / "d[x]") == ["b.wav"]

    def test_a_list_names_files_relative_to_itself(self, root: Path, tmp_path: Path) -> None:
        plant(root, "a.wav", "d/b.wav", "e/c.mp3", "umläut.wav", " space.wav")
        plant(tmp_path, "up.wav")
        (root / "l.txt").write_text(
            "# comment\n\na.wav\r\nd/b.wav\n../up.wav\ne\numläut.wav\n space.wav\n./a.wav\n", "utf-8"
        )

        assert names(f"@{root}/l.txt") == [" space.wav", "a.wav", "c.mp3", "umläut.wav", "up.wav", "d/b.wav"]

    def test_a_list_may_have_zero_bytes_between_names(self, root: Path) -> None:
        plant(root, "a\nb.wav", "c.wav")
        (root / "l").write_bytes(b"a\nb.wav\0c.wav\0")

        assert names(f"@{root}/l") == ["a\nb.wav", "c.wav"]

    def test_a_listed_file_that_is_gone_stays_a_source_to_fail_by_name(self, root: Path) -> None:
        (root / "l.txt").write_text("gone.wav\n")
        told: list[Problem] = []

        (source,) = found(f"@{root}/l.txt", tell=told)

        assert (source.name, source.bytes) == ("gone.wav", 0)
        assert [str(problem) for problem in told] == [f"{root}/gone.wav: No such file or directory"]

    def test_inputs_that_are_not_there_are_all_told_before_anything_is_walked(self, root: Path) -> None:
        with pytest.raises(UsageError) as caught:
            discover(InputSettings(paths=[f"{root}/no", str(root), "/nope.wav", f"@{root}/no.txt"]), Path("/o"))

        assert caught.value.exit_code == 2
        assert caught.value.message.splitlines() == [
            f"input.paths: {root}/no: no such file or folder",
            "input.paths: /nope.wav: no such file or folder",
            f"input.paths: @{root}/no.txt: no such file or folder",
        ]


class TestNames:
    def test_any_bytes_can_be_a_name(self, root: Path) -> None:
        plant(
            root,
            "a b.wav",
            "'q\"$(x)`.wav",
            "new\nline.wav",
            "😀.wav",
            "-n.wav",
            b"caf\xe9.wav",
            b"d\xff/x.wav",
            "%41.wav",
        )

        assert outputs(root) == {
            "%41.wav": "%41",
            "'q\"$(x)`.wav": "'q\"$(x)`",
            "-n.wav": "-n",
            "a b.wav": "a b",
            "caf%E9.wav": "caf%E9",
            "d%FF/x.wav": "d%FF/x",
            "new\nline.wav": "new\nline",
            "😀.wav": "😀",
        }

    def test_a_name_that_looks_like_an_encoded_one_does_not_meet_it(self, root: Path) -> None:
        plant(root, b"caf\xe9.wav", "caf%E9.wav")

        sources = found(root)

        assert len({source.name for source in sources}) == len({source.output for source in sources}) == 2

    def test_the_first_gets_the_stem_and_later_ones_their_full_name(self, root: Path) -> None:
        plant(root, "a/talk.wav", "a/talk.mp3", "a/talk.mp4", "b/talk.wav")

        assert outputs(root) == {
            "a/talk.mp3": "a/talk",
            "a/talk.mp4": "a/talk.mp4",
            "a/talk.wav": "a/talk.wav",
            "b/talk.wav": "b/talk",
        }

    def test_a_full_name_that_is_a_stem_already_is_passed_over(self, root: Path) -> None:
        plant(root, "talk.aac", "talk.mp3", "talk.mp3.wav")

        assert outputs(root) == {"talk.aac": "talk", "talk.mp3": "talk.mp3", "talk.mp3.wav": "talk.mp3.wav"}

    def test_names_that_are_one_file_elsewhere_do_not_meet(self, root: Path) -> None:
        plant(root, "Talk.wav", "talk.mp3", "caf\u00e9.wav", "cafe\u0301.mp3")

        assert outputs(root) == {
            "Talk.wav": "Talk",
            "cafe\u0301.mp3": "cafe\u0301",
            "caf\u00e9.wav": "caf\u00e9.wav",
            "talk.mp3": "talk.mp3",
        }

    def test_a_translation_does_not_meet_a_source_of_that_name(self, root: Path) -> None:
        plant(root, "talk.wav", "talk.de.wav", "talk.fr.wav", "x.wav", "x.en+de.wav", "a+b.wav")

        assert outputs(root, targets=["de"]) == {
            "a+b.wav": "a+b",
            "x.en+de.wav": "x.en+de",
            "x.wav": "x.wav",
            "talk.de.wav": "talk.de",
            "talk.fr.wav": "talk.fr",
            "talk.wav": "talk.wav",
        }

    def test_the_manifest_is_never_an_output(self, root: Path) -> None:
        plant(root, "manifest.wav", "Manifest.mp3", "a/manifest.wav", "runs/1/manifest.wav", "manifest.json/a.wav")

        assert outputs(root) == {
            "Manifest.mp3": "Manifest.mp3",
            "manifest.wav": "manifest.wav",
            "a/manifest.wav": "a/manifest",
            "manifest.json/a.wav": "manifest.json~/a",
            "runs/1/manifest.wav": "runs/1/manifest.wav",
        }

    def test_an_output_does_not_stand_where_a_folder_must(self, root: Path) -> None:
        plant(root, "talk.json/a.wav", "talk.wav")

        assert outputs(root) == {"talk.wav": "talk.wav", "talk.json/a.wav": "talk.json/a"}

    def test_a_long_name_leaves_room_for_the_suffix(self, root: Path) -> None:
        plant(root, "ä" * 125 + ".wav", "ä" * 125 + ".m4a")

        stems = list(outputs(root).values())

        assert len(set(stems)) == 2
        assert all(len(stem.encode()) <= 210 for stem in stems)

    def test_equal_names_of_several_inputs_stay_apart(self, root: Path) -> None:
        plant(root, "one/a/talk.wav", "two/a/talk.wav", "three/a/talk.wav", "one/b.wav", "two/c.wav")

        assert outputs(root / "one", root / "two", root / "three") == {
            "b.wav": "b",
            "c.wav": "c",
            "a/talk.wav": "a/talk",
            "two/a/talk.wav": "a/talk.wav",
            "three/a/talk.wav": "a/talk.wav.2",
        }

    def test_a_name_from_elsewhere_does_not_meet_a_real_one(self, root: Path) -> None:
        plant(root, "one/talk.wav", "two/talk.wav", "one/two/talk.wav")

        sources = found(root / "one", root / "two")

        assert [source.name for source in sources] == ["talk.wav", "two/talk.wav~2", "two/talk.wav"]

    def test_equal_names_on_the_command_line_stay_apart(self, root: Path) -> None:
        plant(root, "x/a.wav", "y/a.wav")

        assert outputs(root / "x/a.wav", root / "y/a.wav") == {"a.wav": "a", "y/a.wav": "a.wav"}

    def test_the_order_on_disk_does_not_matter(self, tmp_path: Path) -> None:
        files = [f"{folder}/{name}.{suffix}" for folder in "ab" for name in "xyz" for suffix in ("wav", "mp3", "WAV")]
        answers = []
        for seed in range(3):
            random.Random(seed).shuffle(files)
            top = tmp_path / str(seed)
            plant(top, *files)
            answers.append([(source.name, source.output) for source in found(top)])

        assert answers[0] == answers[1] == answers[2]
        assert len(answers[0]) == 18


class TestOnce:
    def test_a_file_that_two_inputs_mean_is_taken_once(self, root: Path) -> None:
        plant(root, "a/x.wav", "b.wav")

        assert names(root, root) == ["b.wav", "a/x.wav"]
        assert names(root, root / "a") == ["b.wav", "a/x.wav"]
        assert names(root / "a", root) == ["b.wav", "x.wav"]
        assert names(root, root / "a/x.wav", root / "b.wav") == ["b.wav", "a/x.wav"]
        assert names(f"{root}/*.wav", root) == ["b.wav", "a/x.wav"]
        assert names(root / "b.wav", root / "b.wav", f"{root}/a/../b.wav") == ["b.wav"]

    def test_what_an_earlier_input_leaves_out_a_later_one_may_take(self, root: Path) -> None:
        plant(root, "a/x.wav", "a/y.mp3", "b.wav")

        assert names(f"{root}/**/*.mp3", root / "a") == ["x.wav", "a/y.mp3"]
        assert names(root, root / "a", recursive=False) == ["b.wav", "x.wav", "y.mp3"]

    def test_a_link_to_a_file_that_is_there_anyway_is_not_another(self, root: Path) -> None:
        plant(root, "m.wav")
        (root / "a.wav").symlink_to("m.wav")
        (root / "z.wav").symlink_to(root / "m.wav")

        assert names(root) == ["m.wav"]

    def test_two_links_to_a_file_elsewhere_are_one_source(self, root: Path, tmp_path: Path) -> None:
        plant(tmp_path, "elsewhere.wav")
        (root / "b.wav").symlink_to(tmp_path / "elsewhere.wav")
        (root / "a.wav").symlink_to(tmp_path / "elsewhere.wav")

        assert len(names(root)) == 1

    def test_a_linked_folder_is_walked_and_its_files_taken_once(self, root: Path, tmp_path: Path) -> None:
        plant(tmp_path / "far", "x.wav", "d/y.wav")
        (root / "one").symlink_to(tmp_path / "far")
        (root / "two").symlink_to(tmp_path / "far")
        (root / "three").symlink_to(tmp_path / "far" / "d")

        assert sorted(name.split("/")[-1] for name in names(root)) == ["x.wav", "y.wav"]

    def test_links_in_a_circle_end(self, root: Path, tmp_path: Path) -> None:
        plant(root, "a/x.wav", "b/y.wav")
        (root / "a/self").symlink_to(".")
        (root / "a/up").symlink_to("..")
        (root / "a/b").symlink_to("../b")
        (root / "b/a").symlink_to("../a")
        (root / "round").symlink_to("round")
        plant(tmp_path / "far", "z.wav")
        (tmp_path / "far" / "back").symlink_to(root)
        (root / "out").symlink_to(tmp_path / "far")
        told: list[Problem] = []

        assert names(root, tell=told) == ["a/x.wav", "b/y.wav", "out/z.wav"]
        assert [str(problem) for problem in told] == [f"{root}/round: Too many levels of symbolic links"]

    def test_an_input_may_be_a_link(self, root: Path, tmp_path: Path) -> None:
        plant(root, "a.wav", "d/b.wav")
        (tmp_path / "link").symlink_to(root)

        assert names(tmp_path / "link") == ["a.wav", "d/b.wav"]
        assert names(root, tmp_path / "link") == ["a.wav", "d/b.wav"]

    def test_a_link_to_nothing_is_told(self, root: Path) -> None:
        (root / "a.wav").symlink_to("gone")
        told: list[Problem] = []

        assert names(root, tell=told) == []
        assert str(told[0]) == f"{root}/a.wav: a link to nothing (No such file or directory)"

    def test_the_output_folder_inside_an_input_is_not_walked(self, root: Path) -> None:
        plant(root, "a.wav", "out/b.wav", "d/out/c.wav")

        assert names(root, output=root / "out") == ["a.wav", "d/out/c.wav"]
        assert names(root, output=root) == ["a.wav", "d/out/c.wav", "out/b.wav"]
        assert names(root / "out", output=root) == ["b.wav"]
        assert names(root / "out", output=root / "out") == ["b.wav"]


def test_a_folder_that_cannot_be_read_is_told_and_the_rest_is_done() -> None:
    told: list[Problem] = []
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        top.chmod(0o755)
        plant(top, "a.wav", "shut/b.wav")
        (top / "shut").chmod(0)
        am_root = os.geteuid() == 0
        if am_root:  # root reads everything: be nobody for a moment
            os.seteuid(65534)
        try:
            taken = names(top, tell=told)
        finally:
            if am_root:
                os.seteuid(0)
            (top / "shut").chmod(0o700)

    assert taken == ["a.wav"]
    assert [str(problem) for problem in told] == [f"{folder}/shut: Permission denied"]


def test_a_folder_that_vanishes_is_told_and_the_rest_is_done(root: Path) -> None:
    plant(root, "a.wav", "b/c.wav", "d/e.wav")
    told: list[Problem] = []
    sources = discover(InputSettings(paths=[str(root)]), Path("/o"), (), told.append)

    assert next(sources).name == "a.wav"
    (root / "b/c.wav").unlink()
    (root / "b").rmdir()
    assert [source.name for source in sources] == ["d/e.wav"]
    assert [str(problem) for problem in told] == [f"{root}/b: No such file or directory"]


def test_a_tree_deeper_than_the_stack_is_walked(root: Path) -> None:
    levels = 1_500
    here = os.open(root, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("a.wav", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    try:
        assert names(root) == ["d/" * levels + "a.wav"]
    finally:
        # shutil.rmtree, and with it pytest, would fall over the depth.
        subprocess.run(["rm", "-rf", str(root / "d")], check=True)
