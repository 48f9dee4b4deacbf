# SPDX-License-Identifier: Apache-2.0
"""The function of GET /hello."""

import json


def lambda_handler(event, context):
    print("asked by", event["requestContext"]["identity"]["sourceIp"])
    return {"statusCode": 200, "body": json.dumps({"response": {"resultStatus": "SUCCESS"}})}
