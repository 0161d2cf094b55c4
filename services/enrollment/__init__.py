"""Enrollment: schools, teachers, sign-up to decision, seats, feedback, the provincial feed (R19–R27, R41)."""
