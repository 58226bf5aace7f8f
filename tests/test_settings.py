"""Flags, environment and config.env: who wins, what is refused, and what the refusals say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from qagen.errors import UsageError
from qagen.llm.providers import PROVIDERS
from qagen.settings import Settings

EXAMPLE = Path(__file__).resolve().parents[1] / "config.env.example"


def configure(text: str, path: str = "config.env") -> Path:
    Path(path).write_text(text, encoding="utf-8")
    return Path(path)


def refusal(config_file: Path | None = None, **flags: Any) -> str:
    with pytest.raises(UsageError) as caught:
        Settings.load(config_file, **flags)
    return str(caught.value)


def no_endpoint(**flags: Any) -> str:
    with pytest.raises(UsageError) as caught:
        Settings.load(**flags).endpoint()
    return str(caught.value)


# Who wins


def test_a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings.load().questions_per_chunk == 5
    configure("GENERATOR_QUESTIONS_PER_CHUNK=2\n")
    assert Settings.load().questions_per_chunk == 2
    monkeypatch.setenv("GENERATOR_QUESTIONS_PER_CHUNK", "3")
    assert Settings.load().questions_per_chunk == 3
    assert Settings.load(questions_per_chunk=4).questions_per_chunk == 4


def test_the_names_of_the_file_are_those_that_users_know() -> None:
    configure(
        "GENERATOR_PROCESS_DIR=my/chunks\nGENERATOR_OUTPUT_DIR=my/qa\nGENERATOR_OUTPUT_FILE=my/data.jsonl\n"
        "GENERATOR_INCOMING_DIR=my/docs\nGENERATOR_PROVIDER=local\nGENERATOR_MODEL=qwen3:14b\n"
        "GENERATOR_QUESTIONS_PER_CHUNK=7\nGENERATOR_TEMPERATURE=0.3\nGENERATOR_RESUME=false\n"
        "GENERATOR_CHUNK_SIZE=1000\nGENERATOR_CHUNK_OVERLAP=200\nGENERATOR_SPLITTING_STRATEGY=recursive\n"
        "GENERATOR_MAX_TOKENS=500\nGENERATOR_MAX_CONCURRENT=3\nGENERATOR_BATCH_SIZE=8\n"
    )
    settings = Settings.load()
    assert (settings.chunks_dir, settings.qa_dir) == (Path("my/chunks"), Path("my/qa"))
    assert (settings.output_file, settings.incoming_dir) == (Path("my/data.jsonl"), Path("my/docs"))
    assert (settings.provider, settings.model, settings.questions_per_chunk) == ("local", "qwen3:14b", 7)
    assert (settings.temperature, settings.resume) == (0.3, False)
    assert (settings.chunk_size, settings.chunk_overlap, settings.splitting_strategy) == (1000, 200, "recursive")
    assert (settings.max_tokens, settings.max_concurrent, settings.batch_size) == (500, 3, 8)


@pytest.mark.parametrize("text", ["GENERATOR_MODEL=", "GENERATOR_MODEL=''", 'GENERATOR_MODEL=""'])
def test_an_empty_value_in_the_file_means_unset(text: str) -> None:
    configure(f"{text}\nGENERATOR_QUESTIONS_PER_CHUNK=\nOLLAMA_BASE_URL=\n")
    settings = Settings.load()
    assert (settings.model, settings.questions_per_chunk, settings.temperature) == (None, 5, None)


def test_an_empty_value_in_the_environment_means_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENERATOR_QUESTIONS_PER_CHUNK", "")
    monkeypatch.setenv("GENERATOR_PROVIDER", "")
    configure("GENERATOR_QUESTIONS_PER_CHUNK=2\n")
    settings = Settings.load()
    assert settings.provider is None
    assert settings.questions_per_chunk == 2


def test_an_empty_key_in_the_environment_means_that_the_files_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")
    configure("OPENAI_API_KEY=sk-of-the-file\n")
    assert Settings.load(provider="openai").endpoint().key == "sk-of-the-file"


def test_lines_that_are_not_ours_are_ignored() -> None:
    configure("# a comment\n\nDATABASE_URL=postgres://x\nexport GENERATOR_MODEL='qwen3:14b' # why\nSOMETHING\n")
    assert Settings.load().model == "qwen3:14b"


def test_a_file_that_begins_with_a_byte_order_mark_is_read_from_its_first_line() -> None:
    Path("config.env").write_bytes(b"\xef\xbb\xbfGENERATOR_MODEL=qwen3:14b\nGENERATOR_SEED=3\n")
    settings = Settings.load()
    assert (settings.model, settings.seed) == ("qwen3:14b", 3)


def test_another_configuration_file_replaces_the_usual_one() -> None:
    configure("GENERATOR_MODEL=usual\nGENERATOR_SEED=1\n")
    other = configure("GENERATOR_MODEL=other\n", "other.env")
    settings = Settings.load(other)
    assert (settings.model, settings.seed) == ("other", None)


def test_the_overlap_is_a_tenth_of_the_size_where_nothing_is_said() -> None:
    assert Settings.load(chunk_size=1000).overlap == 100
    assert Settings.load(chunk_size=1000, chunk_overlap=0).overlap == 0


@pytest.mark.parametrize("name", ["OpenAI", "OPENAI", "openai"])
def test_a_provider_is_known_by_its_name_in_any_case(name: str) -> None:
    assert Settings.load(provider=name, embed_provider=name).provider == "openai"
    assert Settings.load(provider=name, embed_provider=name).embed_provider == "openai"


# What is refused


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("GENERATOR_LIMIT=many", "it must be a whole number (it is 'many')"),
        ("GENERATOR_TEMPERATURE=hot", "it must be a number (it is 'hot')"),
        ("GENERATOR_RESUME=perhaps", "it must be true or false (it is 'perhaps')"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_in_our_words_and_shown(setting: str, says: str) -> None:
    assert refusal(configure(setting)) == f"{setting.partition('=')[0]} in config.env: {says}"


def test_a_file_with_a_key_that_cannot_be_read_is_named_in_our_words() -> None:
    Path("binary").write_bytes(b"\xff\xfe\x80")
    assert no_endpoint(provider="openai", api_key_file=Path("nokey")) == "--api-key-file: nokey: there is no such file"
    assert "binary: it is no text in UTF-8" in no_endpoint(provider="openai", api_key_file=Path("binary"))


def test_an_unknown_name_in_the_file_is_refused_with_the_nearest_one() -> None:
    configure("GENERATOR_QUESTION_PER_CHUNK=3\n")
    text = refusal()
    assert "GENERATOR_QUESTION_PER_CHUNK in config.env" in text
    assert "Did you mean GENERATOR_QUESTIONS_PER_CHUNK?" in text
    assert "config.env.example" in text


def test_an_unknown_name_in_the_environment_is_refused_with_the_nearest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENERATOR_MODLE", "x")
    text = refusal()
    assert "GENERATOR_MODLE in the environment" in text
    assert "Did you mean GENERATOR_MODEL?" in text


def test_names_of_others_in_the_environment_and_in_the_file_set_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en_GB:en")  # on many desktops
    monkeypatch.setenv("SEED", "7")
    configure("model=theirs\n")
    settings = Settings.load()
    assert (settings.language, settings.seed, settings.model) == (None, None, None)


def test_an_unknown_name_is_refused_in_whatever_case_it_is_written() -> None:
    configure("generator_modle=x\n")
    assert "Did you mean GENERATOR_MODEL?" in refusal()


def test_a_configuration_file_that_is_named_must_be_there() -> None:
    text = refusal(Path("nowhere.env"))
    assert "nowhere.env: there is no such configuration file" in text
    assert "--config-file" in text


def test_a_configuration_file_that_is_no_text_is_refused() -> None:
    Path("config.env").write_bytes(b"GENERATOR_MODEL=\xff\xfe\n")
    assert "config.env: the configuration file is not UTF-8" in refusal()


def test_an_error_names_the_flag_that_the_value_came_from() -> None:
    assert refusal(questions_per_chunk=0).startswith("--questions-per-chunk: ")
    assert refusal(top_p=2.0).startswith("--top-p: ")
    assert refusal(model_options=["x"]).startswith("--model-option: ")
    assert refusal(output_format="csv").startswith("--format: ")


def test_an_error_names_the_variable_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    configure("GENERATOR_TEMPERATURE=0.5\n")
    monkeypatch.setenv("GENERATOR_TEMPERATURE", "hot")
    text = refusal()
    assert text.startswith("GENERATOR_TEMPERATURE in the environment: ")
    assert "'hot'" in text


def test_an_error_names_the_variable_in_the_file() -> None:
    path = configure("GENERATOR_MAX_CONCURRENT=many\n", "other.env")
    text = refusal(path)
    assert text.startswith("GENERATOR_MAX_CONCURRENT in other.env: ")
    assert "'many'" in text


def test_all_errors_are_told_at_once() -> None:
    configure("GENERATOR_SEED=x\nGENERATOR_LIMIT=0\n")
    text = refusal()
    assert "GENERATOR_SEED in config.env" in text
    assert "GENERATOR_LIMIT in config.env" in text


def test_an_unknown_provider_is_refused_with_the_nearest_and_all_names() -> None:
    text = refusal(provider="opnai")
    assert text.startswith("--provider: ")
    assert "did you mean openai?" in text
    assert all(name in text for name in PROVIDERS)


@pytest.mark.parametrize("overlap", [1000, 1500])
def test_an_overlap_as_large_as_the_chunk_is_refused_with_both_numbers(overlap: int) -> None:
    text = refusal(chunk_size=1000, chunk_overlap=overlap)
    assert f"{overlap}" in text
    assert "1000" in text
    assert "--chunk-overlap" in text


def test_an_overlap_of_the_file_that_cannot_be_is_traced_to_the_file() -> None:
    configure("GENERATOR_CHUNK_SIZE=100\nGENERATOR_CHUNK_OVERLAP=200\n")
    assert "config.env" in refusal()


# Model options


def test_model_options_of_flags_are_json_where_they_can_be_and_text_where_not() -> None:
    options = ["top_k=40", "min_p=0.05", "think=low", 'stop=["##"]', "echo=true", "note=a=b", "empty="]
    assert Settings.load(model_options=options).model_options == {
        "top_k": 40,
        "min_p": 0.05,
        "think": "low",
        "stop": ["##"],
        "echo": True,
        "note": "a=b",
        "empty": "",
    }


def test_model_options_of_the_file_are_separated_by_blanks_and_may_be_quoted() -> None:
    configure("""GENERATOR_MODEL_OPTIONS=top_k=40 stop='["#", " "]' keep_alive=1h\n""")
    assert Settings.load().model_options == {"top_k": 40, "stop": ["#", " "], "keep_alive": "1h"}


def test_model_options_of_the_environment_are_read_like_those_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENERATOR_MODEL_OPTIONS", "top_k=40 seed=1")
    assert Settings.load().model_options == {"top_k": 40, "seed": 1}


@pytest.mark.parametrize("option", ["top_k", "=40"])
def test_a_model_option_without_a_name_or_a_value_is_refused(option: str) -> None:
    assert "is not of the form name=value, such as top_k=40" in refusal(model_options=[option])


def test_model_options_with_an_open_quote_are_refused() -> None:
    configure("GENERATOR_MODEL_OPTIONS=stop='x\n")
    assert "GENERATOR_MODEL_OPTIONS in config.env" in refusal()


# The endpoint


def test_without_a_provider_nothing_is_guessed() -> None:
    text = no_endpoint()
    assert "no provider is set" in text
    assert "--provider or GENERATOR_PROVIDER" in text
    assert "--provider rules" in text


def test_without_a_provider_but_with_a_key_the_way_is_shown_and_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    text = no_endpoint()
    assert "OPENAI_API_KEY is set, so --provider openai would work" in text
    assert "sk-secret" not in text


def test_without_a_key_the_variable_is_named_and_the_way_to_try_without_one() -> None:
    text = no_endpoint(provider="openai")
    assert "OPENAI_API_KEY" in text
    assert "--provider rules" in text


def test_without_a_model_the_flag_is_named() -> None:
    text = no_endpoint(provider="local")
    assert "provider local: no model is set" in text
    assert "--model" in text
    assert "GENERATOR_MODEL" in text


def test_without_an_address_the_flag_and_the_variable_are_named() -> None:
    text = no_endpoint(provider="compatible", model="m")
    assert "--base-url" in text
    assert "COMPATIBLE_BASE_URL" in text


def test_an_address_that_cannot_be_is_named_with_its_provider() -> None:
    assert "provider compatible: base URL: 'ftp://x' is not" in no_endpoint(
        provider="compatible", model="m", base_url="ftp://x"
    )


def test_the_rules_need_nothing() -> None:
    endpoint = Settings.load(provider="rules").endpoint()
    assert (endpoint.provider.name, endpoint.model, endpoint.key) == ("rules", "rules-cloze-1", None)


def test_openai_needs_only_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    endpoint = Settings.load(provider="openai").endpoint()
    assert (endpoint.model, endpoint.base_url, endpoint.key) == (
        "gpt-6-luna",
        "https://api.openai.com/v1",
        "sk-secret",
    )


def test_a_key_is_read_from_the_file_and_the_environment_beats_it(monkeypatch: pytest.MonkeyPatch) -> None:
    configure("COMPATIBLE_API_KEY=of-the-file\nCOMPATIBLE_BASE_URL=https://10.0.0.7:8000\n")
    settings = Settings.load(provider="compatible", model="m")
    assert (settings.endpoint().key, settings.endpoint().base_url) == ("of-the-file", "https://10.0.0.7:8000/v1")
    monkeypatch.setenv("COMPATIBLE_API_KEY", "of-the-environment")
    assert Settings.load(provider="compatible", model="m").endpoint().key == "of-the-environment"


def test_a_key_does_not_travel_over_plain_http_to_another_machine_unless_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COMPATIBLE_API_KEY", "secret")
    given: dict[str, Any] = {"provider": "compatible", "model": "m", "base_url": "http://10.0.0.7:8000"}
    with pytest.raises(UsageError, match="--allow-insecure-http") as caught:
        Settings.load(**given).endpoint()
    assert "secret" not in str(caught.value)
    assert Settings.load(**given, allow_insecure_http=True).endpoint().key == "secret"
    assert Settings.load(**{**given, "base_url": "http://127.0.0.1:8000"}).endpoint().key == "secret"


def test_no_provider_gets_the_key_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert Settings.load(provider="local", model="m").endpoint().key is None
    assert Settings.load(provider="compatible", model="m", base_url="http://10.0.0.7").endpoint().key is None


def address(provider: str = "local", **flags: Any) -> str:
    return Settings.load(provider=provider, model="m", **flags).endpoint().base_url


def test_the_address_of_ollama_comes_from_its_flag_its_variable_or_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert address() == "http://127.0.0.1:11434"
    configure("OLLAMA_BASE_URL=http://file:1\n")
    assert address() == "http://file:1"
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://environment:2")
    assert address() == "http://environment:2"
    assert address(variables={"OLLAMA_BASE_URL": "http://flag:3"}) == "http://flag:3"


def test_the_general_flag_for_the_address_beats_the_variable_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://environment:2")
    assert address(base_url="http://flag:3") == "http://flag:3"


def test_the_flag_for_ollamas_address_beats_the_general_address_of_the_file() -> None:
    configure("GENERATOR_BASE_URL=http://file:1\n")
    assert address(variables={"OLLAMA_BASE_URL": "http://flag:3"}) == "http://flag:3"


def test_the_address_of_ollama_is_for_ollama_alone() -> None:
    with pytest.raises(UsageError, match="does not use OLLAMA_BASE_URL"):
        address("compatible", base_url="http://vllm:8000", variables={"OLLAMA_BASE_URL": "http://flag:3"})


def test_no_key_is_in_the_repr_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    configure("COMPATIBLE_API_KEY=sk-of-the-file\n")
    settings = Settings.load(provider="openai")
    for text in (repr(settings), str(settings), settings.model_dump_json(), repr(settings.endpoint())):
        assert "sk-of" not in text


# config.env.example


def example_values() -> list[tuple[int, str, str]]:
    """(line number from 0, name, value) of every line of the form NAME=value, commented out or not."""
    found = []
    for number, line in enumerate(EXAMPLE.read_text(encoding="utf-8").splitlines()):
        if match := re.fullmatch(r"(?:#\s*)?([A-Z][A-Z0-9_]*)=(.*)", line):
            found.append((number, match[1], match[2]))
    return found


def test_the_example_names_every_variable_once_and_no_other() -> None:
    wanted = {str(field.validation_alias) for field in Settings.model_fields.values()}
    for row in PROVIDERS.values():
        wanted |= {name for name in (row.key_env, row.other_key_env, row.base_url_env) if name}
    assert sorted(name for _, name, _ in example_values()) == sorted(wanted)


def test_the_example_explains_every_variable_or_group_of_them_in_the_line_above() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    named = {number for number, _, _ in example_values()}
    first_ones = [number for number in sorted(named) if number - 1 not in named]
    assert [lines[number] for number in first_ones if not re.match(r"# \w", lines[number - 1])] == []


def test_the_example_shows_the_defaults_that_the_model_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENERATOR_TRANSPORT")
    shown = {name: value for _, name, value in example_values()}
    checked = 0
    for field, info in Settings.model_fields.items():
        if info.default is None or info.default is PydanticUndefined:
            continue
        configure(f"{info.validation_alias}={shown[str(info.validation_alias)]}\n")
        assert getattr(Settings.load(), field) == info.default, info.validation_alias
        assert shown[str(info.validation_alias)] != "", info.validation_alias
        checked += 1
    assert checked >= 10


def test_the_example_with_every_line_taken_in_is_the_default() -> None:
    configure("\n".join(f"{name}={value}" for _, name, value in example_values()))
    taken_in = Settings.load().model_dump()
    Path("config.env").unlink()
    assert taken_in == Settings.load().model_dump()
    assert Settings.load(EXAMPLE).model_dump() == Settings.load().model_dump()
