"""Every call to AWS; boto3 and botocore are imported here alone, and only once something is asked of AWS."""
