"""Tests of ecr-operator, one folder per package of the operator, and what they run against."""
