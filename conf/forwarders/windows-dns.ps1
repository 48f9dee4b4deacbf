# SPDX-License-Identifier: Apache-2.0

# Windows DNS Server: conditional forwarders, for an elevated PowerShell. It follows
# Microsoft's documentation and is not tested.
#
# A conditional forwarder always uses port 53: serve the endpoint at its own addresses, without
# "listen", and use these addresses here.

$endpoint = "10.0.10.10", "10.0.150.10"

foreach ($name in "execute-api.eu-west-1.amazonaws.com",
                  "execute-api.eu-west-1.vpce.amazonaws.com",
                  "corp.internal",
                  "eu-west-1.compute.internal",  # of us-east-1: ec2.internal
                  "0.10.in-addr.arpa") {         # of the VPC 10.0.0.0/16
    Add-DnsServerConditionalForwarderZone -Name $name -MasterServers $endpoint -ForwarderTimeout 3
}

# For a server that validates (a trust anchor of the root or of internal is installed), clients get
# private names below a signed zone only with a policy without validation:
#   Add-DnsClientNrptRule -Namespace ".corp.internal" -DnsSecEnable -DnsSecValidationRequired:$false
#   Add-DnsClientNrptRule -Namespace ".compute.internal" -DnsSecEnable -DnsSecValidationRequired:$false
# It has no protection against rebinding.
