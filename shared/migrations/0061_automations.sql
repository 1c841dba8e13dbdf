-- Only counted by, and every event that may fire something paid for it.
drop index automation_pending_automation;
