"""How the interface scripts read what they are told. Spec: images-and-nodes 3."""

from pathlib import Path

import pytest

from synnefo.node.networking import cards, rules, settings
from synnefo.node.networking.cards import Card, CardError
from synnefo.node.networking.settings import Settings

CARD = Card(
    tap="tap0",
    mac="aa:00:13:00:00:01",
    link="prv0",
    index="0",
    name="snf-nic-7",
    uuid="u-1",
    network_tags=("private-filtered",),
)


def with_tags(*tags: str) -> Card:
    return Card(tap="tap0", mac=CARD.mac, index="0", name="snf-nic-7", uuid="u-1", tags=tags)


class TestSettings:
    def test_a_file_says_what_differs(self, tmp_path: Path) -> None:
        path = tmp_path / "gnt-networking"
        path.write_text(
            "# a comment\nexport MAC_MASK='ff:ff:ff:00:00:00'\nIPSPOOF=yes\n"
            "STATE_DIR=/srv/state # here\nUNKNOWN=x\nLOGFILE=\n"
        )
        found = settings.read(path)
        assert (found.mac_mask, found.ipspoof) == ("ff:ff:ff:00:00:00", True)
        assert found.state_dir == Path("/srv/state")
        assert found.logfile == Settings().logfile

    def test_without_a_file_everything_has_its_default(self, tmp_path: Path) -> None:
        assert settings.read(tmp_path / "none") == Settings()


class TestCards:
    @pytest.mark.parametrize("word", ["0", "snf-nic-7", "u-1"])
    def test_a_firewall_tag_names_the_card_in_three_ways(self, word: str) -> None:
        card = with_tags("synnefo:other", f"synnefo:network:{word}:limited")
        assert cards.firewall_of(card, "unprotected") == "limited"

    @pytest.mark.parametrize(
        "tag",
        ["synnefo:network:1:limited", "synnefo:network:0:odd", "synnefo:network:0:a:limited"],
    )
    def test_other_tags_leave_the_default(self, tag: str) -> None:
        assert cards.firewall_of(with_tags(tag), "protected") == "protected"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"MAC": "aa:00"},
            {"INTERFACE": "tap 0"},
            {"INTERFACE": "../tap"},
            {"LINK": 'br0"; drop'},
            {"IP": "10.0.0"},
            {"NETWORK_GATEWAY6": "10.0.0.1"},
            {"NETWORK_SUBNET6": "nonsense"},
        ],
    )
    def test_nonsense_is_refused(self, wrong: dict[str, str]) -> None:
        right = {"INTERFACE": "tap0", "MAC": CARD.mac, "LINK": "br0"}
        assert cards.from_environment(right).tap == "tap0"
        with pytest.raises(CardError):
            cards.from_environment({**right, **wrong})

    def test_ipv6_is_derived_from_the_mac(self) -> None:
        found = cards.from_environment(
            {"INTERFACE": "tap0", "MAC": CARD.mac, "NETWORK_SUBNET6": "2001:db8::/64"}
        )
        assert found.eui64 == "2001:db8::a800:13ff:fe00:1"


class TestRules:
    def test_the_mask_keeps_the_networks_of_one_bridge_apart(self) -> None:
        text = rules.of_card(CARD, Settings())
        assert "ether saddr & ff:ff:f0:00:00:00 != aa:00:10:00:00:00 drop" in text
        assert "ether saddr != aa:00:13:00:00:01 drop" in text

    def test_chains_are_named_after_the_tap(self) -> None:
        assert rules.chain("FROM", "tap0.1") == "FROMTAP0_1"
