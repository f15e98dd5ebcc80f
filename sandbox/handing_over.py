"""What people of the demo hand over by another way: CA certificates, with their fingerprints.

The bot trusts no chain that it fetched itself, so in the demo, too, a person must have it from the
owner. Wang Fang posts them in another channel.
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from sandbox.scenarios.schema import Scenario


def certificates(scenarios: Iterable[Scenario]) -> tuple[str, ...]:
    """Return a message for each CA certificate that a scenario's way out needs."""
    texts = []
    for scenario in scenarios:
        for fix in scenario.expect.fix:
            pem = str(fix.params.get("pem", ""))
            if pem:
                made = x509.load_pem_x509_certificate(pem.encode())
                digits = made.fingerprint(hashes.SHA256()).hex().upper()
                shown = ":".join(digits[i : i + 2] for i in range(0, len(digits), 2))
                name = scenario.expect.target
                texts.append(f"CA of {name}, SHA-256 {shown}\n```\n{pem.strip()}\n```")
    return tuple(texts)
