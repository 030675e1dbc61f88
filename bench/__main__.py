"""Every measurement of docs/performance.md, one table after the other: ``make bench``."""

from __future__ import annotations

import asyncio

from bench import agent, browser, claims, delivery, expressions, gitops, ingestion, search


async def main() -> None:
    """Takes about a quarter of an hour."""
    print("## Expressions\n")
    await expressions.main()
    print("\n## Bulk ingestion\n")
    await ingestion.main(60_000, "")
    print("\n## Search and lists\n")
    await search.main([10_000, 100_000, 1_000_000], "")
    print("\n## Claims\n")
    await claims.main("")
    print("\n## Execution agent\n")
    await agent.main(3000, "")
    print("\n## Deliveries by the portal\n")
    await delivery.main(2000, "")
    print("\n## GitOps\n")
    await gitops.main([1000, 5000], 1)
    print("\n## Web interface\n")
    await browser.main(100_000, 100_000)


if __name__ == "__main__":
    asyncio.run(main())
