"""Amazon ECR: moto's backend and operations, corrected rule by rule. One file per rule family."""
