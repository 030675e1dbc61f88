"""Services, incidents, escalation policies, schedules and people of PagerDuty."""
