package triggers

const userExample = `{
  "id": "00ub0oNGTSWTBKOLGLNR",
  "status": "ACTIVE",
  "created": "2026-03-02T09:15:27.000Z",
  "activated": "2026-03-02T09:15:28.000Z",
  "statusChanged": "2026-03-02T09:15:28.000Z",
  "lastLogin": null,
  "lastUpdated": "2026-03-02T09:15:28.000Z",
  "passwordChanged": null,
  "type": {"id": "oty1rae7kVbUuO1Xk0h8"},
  "profile": {
    "login": "ada.lovelace@example.com",
    "email": "ada.lovelace@example.com",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "department": "Engineering"
  },
  "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}}
}`

const logEventExample = `{
  "uuid": "6a1b3c60-16d2-11f1-8f3b-5f9e0c2d7a41",
  "published": "2026-03-02T09:15:27.512Z",
  "eventType": "user.lifecycle.create",
  "version": "0",
  "severity": "INFO",
  "displayMessage": "Create Okta user",
  "actor": {
    "id": "00u1adminR4kVbUuO1Xk", "type": "User", "alternateId": "admin@example.com", "displayName": "Grace Hopper"
  },
  "client": {"ipAddress": "198.51.100.7", "zone": "null"},
  "outcome": {"result": "SUCCESS"},
  "target": [
    {
      "id": "00ub0oNGTSWTBKOLGLNR", "type": "User",
      "alternateId": "ada.lovelace@example.com", "displayName": "Ada Lovelace"
    }
  ]
}`
