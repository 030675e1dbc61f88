"""Teams and people of the demo organisation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Team:
    """A team with its members' first and last names."""

    name: str
    description: str
    members: tuple[str, ...]


def email_of(person: str) -> str:
    """``Ada Moreau`` -> ``ada.moreau@acme.example``."""
    return person.lower().replace(" ", ".") + "@acme.example"


TEAMS = (
    Team("Platform", "Clusters, pipelines and the portal itself", ("Ada Moreau", "Ben Okafor", "Chloe Lindqvist")),
    Team("Storefront", "What customers see", ("Dan Ferreira", "Elif Yilmaz", "Finn Larsen")),
    Team("Checkout", "From cart to paid order", ("Grace Mbeki", "Hugo Petit")),
    Team("Payments", "Money in and out", ("Ines Novak", "Jonas Weber", "Kira Tanaka")),
    Team("Logistics", "Stock, warehouses and parcels", ("Leo Rossi", "Maya Singh")),
    Team("Data", "Warehouse, streams and models", ("Nora Haddad", "Oscar Kim")),
    Team("Identity", "Accounts, sessions and consent", ("Priya Nair", "Quentin Dubois")),
)
