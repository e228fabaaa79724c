"""A change of the key of tokens: in an order that ends no token, wherever it is interrupted."""

from __future__ import annotations

import boto3
import pytest
from msgspec.structs import replace

from chalicelib.domain.token import TokenUnknownError
from chalicelib.domain.tokenkeys import TokenKeys, name_of, parse
from chalicelib.settings import Settings
from chalicelib.storage.secrets import read_parameter
from chalicelib.wiring import Services
from ops import doctor, rotation
from ops.provision import ProvisionError, _secret, apply

PARAMETER = "/folioport/dev/secret-key"


@pytest.fixture
def dev(moto_cloud: None, settings: Settings) -> Settings:
    """A stage with its key in SSM."""
    made = replace(settings, secret_key="", secret_parameter=PARAMETER)
    apply(made)
    _secret(made)
    return made


def kept() -> TokenKeys:
    """The keys in SSM."""
    return parse(read_parameter(PARAMETER))


def test_every_container_knows_a_key_before_one_hashes_with_it(dev: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first, seen = kept().current, []
    monkeypatch.setattr(rotation, "_renew", lambda _, sleep=None: seen.append((kept(), sleep is not None)))
    (said,) = rotation.rotate(dev)
    (told, waited), (changed, _) = seen
    assert (told.current, waited, bool(told.next)) == (first, True, True)
    assert changed == TokenKeys(current=told.next, previous=first) == kept()
    assert first not in said
    assert told.next not in said
    with pytest.raises(ProvisionError, match="rotate-key --finish"):
        rotation.rotate(dev)


def test_an_interrupted_change_is_taken_up(dev: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rotation, "_renew", dies)
    with pytest.raises(KeyboardInterrupt):
        rotation.rotate(dev)
    told = kept()
    assert told.next
    dev = replace(dev, stage="local")
    (finding,) = doctor.examine(dev)
    assert finding.problem == "has a key that was announced and never made current"
    assert finding.mend == "python -m ops --stage local rotate-key"
    monkeypatch.setattr(rotation, "_renew", lambda *_: None)
    rotation.rotate(dev)
    assert kept() == TokenKeys(current=told.next, previous=told.current)
    assert doctor.examine(dev) == []


def test_the_old_key_is_forgotten_when_no_token_needs_it(dev: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "_renew", lambda *_: None)
    services = Services(dev)
    root = services.directory.create_root_account("Estuary College")
    used, unused = (services.tokens.create(7, root.id, purpose="t")[1] for _ in range(2))
    first = kept().current
    with pytest.raises(ProvisionError, match="No change"):
        rotation.finish(dev)
    rotation.rotate(dev)
    Services(dev).tokens.authenticate(used, 1)
    with pytest.raises(ProvisionError, match="1 tokens were not used"):
        rotation.finish(dev)
    assert kept().previous == first
    assert rotation.finish(dev, force=True) == [f"key {name_of(first)} is forgotten; 1 tokens ended with it"]
    assert kept().previous == ""
    assert Services(dev).tokens.authenticate(used, 1).actor.user_id == 7
    with pytest.raises(TokenUnknownError):
        Services(dev).tokens.authenticate(unused, 1)


def test_a_key_of_the_environment_is_not_ours_to_change(settings: Settings) -> None:
    with pytest.raises(ProvisionError, match="not in SSM"):
        rotation.rotate(settings)


def test_the_doctor_reads_the_keys(dev: Settings) -> None:
    boto3.client("ssm").put_parameter(Name=PARAMETER, Value="{not keys", Type="SecureString", Overwrite=True)
    (finding,) = doctor.examine(dev)
    assert (finding.resource, finding.problem) == (PARAMETER, "holds no key that can be read")
