"""The function behind the demo's API: what the article's function answers."""

import json


def handler(event, context):
    """Answers every call of the API alike."""
    body = json.dumps({"response": {"resultStatus": "SUCCESS"}})
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": body,
    }
