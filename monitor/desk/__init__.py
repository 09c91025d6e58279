"""What supervisors do about alerts: acknowledge, assign, snooze, comment, judge, and mute rules."""
