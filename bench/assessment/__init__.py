"""Certificates: a year's issued by the job, one drawn and sealed. Ballots: cast, counted, and garbage refused."""
