"""What the demo organisation is made of, as plain tables."""

from __future__ import annotations

DOMAINS = (
    # identifier, title, team, cost center, description
    ("commerce", "Commerce", "Storefront", "CC-1001", "Selling things to people"),
    ("payments", "Payments", "Payments", "CC-1002", "Taking and returning money"),
    ("fulfilment", "Fulfilment", "Logistics", "CC-1003", "Getting orders to the door"),
    ("identity", "Identity", "Identity", "CC-1004", "Knowing who somebody is"),
    ("insight", "Insight", "Data", "CC-1005", "Learning from what happens"),
    ("platform", "Platform", "Platform", "CC-1006", "What everything else runs on"),
)

SYSTEMS = (
    # identifier, domain, criticality, owning team of its services, services
    ("storefront", "commerce", "business critical", "Storefront", "web-shop catalog-search product-pages reviews"),
    ("checkout", "commerce", "mission critical", "Checkout", "cart checkout-api order-service promotions"),
    ("pricing", "commerce", "business critical", "Checkout", "price-engine tax-calculator currency-rates"),
    ("card-processing", "payments", "mission critical", "Payments", "payment-gateway card-vault fraud-check refunds"),
    ("ledger", "payments", "mission critical", "Payments", "ledger-core settlement invoice-service"),
    ("warehouse", "fulfilment", "business critical", "Logistics", "stock-levels picking-planner goods-receipt"),
    ("shipping", "fulfilment", "business critical", "Logistics", "carrier-hub label-printer parcel-tracking returns"),
    ("accounts", "identity", "mission critical", "Identity", "login-service user-profile session-store"),
    ("consent", "identity", "supporting", "Identity", "consent-center gdpr-exports"),
    ("warehouse-analytics", "insight", "supporting", "Data", "event-collector metric-builder report-api"),
    ("recommendations", "insight", "supporting", "Data", "recommender feature-store model-trainer"),
    ("delivery-platform", "platform", "business critical", "Platform", "build-runner deploy-bot artifact-proxy"),
    ("edge", "platform", "mission critical", "Platform", "api-gateway rate-limiter image-resizer"),
    ("observability", "platform", "business critical", "Platform", "log-pipeline alert-router status-page"),
)

ENVIRONMENTS = (
    # identifier, kind, region, cluster, approval required
    ("production-eu", "production", "eu-central-1", "prod-eu-1", True),
    ("production-us", "production", "us-east-1", "prod-us-1", True),
    ("staging", "staging", "eu-central-1", "staging-1", False),
    ("development", "development", "eu-central-1", "dev-1", False),
)

PACKAGES = (
    # identifier, language, version, latest, license, vulnerabilities, internal
    ("acme-http", "Python", "4.2.0", "4.2.0", "proprietary", 0, True),
    ("acme-events", "Python", "2.9.1", "3.0.0", "proprietary", 0, True),
    ("fastapi", "Python", "0.160.0", "0.165.0", "MIT", 0, False),
    ("sqlalchemy", "Python", "2.1.9", "2.1.9", "MIT", 0, False),
    ("orjson", "Python", "3.10.0", "3.13.0", "Apache-2.0", 1, False),
    ("acme-go-kit", "Go", "1.14.0", "1.14.0", "proprietary", 0, True),
    ("chi", "Go", "5.1.0", "5.2.1", "MIT", 0, False),
    ("pgx", "Go", "5.7.0", "5.7.0", "MIT", 0, False),
    ("zap", "Go", "1.25.0", "1.27.0", "MIT", 0, False),
    ("grpc-go", "Go", "1.60.0", "1.72.0", "Apache-2.0", 2, False),
    ("acme-design", "TypeScript", "8.0.3", "8.0.3", "proprietary", 0, True),
    ("react", "TypeScript", "19.2.0", "19.2.0", "MIT", 0, False),
    ("vite", "TypeScript", "6.0.1", "7.1.0", "MIT", 1, False),
    ("zod", "TypeScript", "4.1.0", "4.1.0", "MIT", 0, False),
    ("axios", "TypeScript", "1.6.2", "1.12.0", "MIT", 3, False),
    ("acme-kotlin-bom", "Kotlin", "3.3.0", "3.4.0", "proprietary", 0, True),
    ("ktor", "Kotlin", "3.2.0", "3.2.0", "Apache-2.0", 0, False),
    ("exposed", "Kotlin", "0.58.0", "0.61.0", "Apache-2.0", 0, False),
    ("jackson", "Kotlin", "2.17.0", "2.20.0", "Apache-2.0", 1, False),
    ("tokio", "Rust", "1.47.0", "1.47.0", "MIT", 0, False),
    ("axum", "Rust", "0.8.4", "0.8.4", "MIT", 0, False),
    ("serde", "Rust", "1.0.219", "1.0.219", "MIT", 0, False),
    ("openssl-rs", "Rust", "0.10.60", "0.10.73", "Apache-2.0", 2, False),
)

ENGINES = {
    "database": ("PostgreSQL 16", "PostgreSQL 18", "MySQL 8.4"),
    "queue": ("Kafka 4.1", "RabbitMQ 4.1"),
    "bucket": ("S3",),
    "cache": ("Valkey 8", "Redis 7.2"),
}

INCIDENTS = (
    # title, severity
    ("Requests time out after the release", "major"),
    ("Error rate above 5 %", "critical"),
    ("Certificate about to expire", "minor"),
    ("Queue grows faster than it is read", "major"),
    ("Disk almost full", "minor"),
    ("Wrong totals for some orders", "critical"),
    ("Slow start after node rotation", "minor"),
    ("Deadlocks under load", "major"),
)
