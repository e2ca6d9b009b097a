/**
 * The policy that `holdfast init` writes: valid as it stands once the two public keys that it names exist beside it.
 * What is optional stands in comments with its default or an example.
 */
export function policyTemplate(): string {
  return `# Holdfast policy. Check it with: holdfast validate    Editors: holdfast schema > policy.schema.json
# yaml-language-server: $schema=policy.schema.json
version: 1
organization: Example BV          # written into every manifest
timezone: UTC                     # in which schedules are read, e.g. Europe/Amsterdam
# residency: [EU]                 # regions in which copies may lie

# A zone is a place with a worker: holdfast worker --zone main
zones:
  main:
    region: EU
    site: office
    # Signs what this zone's worker backs up. Make the pair with
    #   ssh-keygen -t ed25519 -N '' -C holdfast-main -f holdfast-main
    # put holdfast-main.pub into keys/, and keep the private file here, on the worker only:
    signingKey: { file: /etc/holdfast/holdfast-main }
  # cloud: { region: EU, site: nl-ams1 }

# Whose signatures count: SSH public keys, as files beside this policy.
signers:
  main: keys/holdfast-main.pub

# How backups are encrypted. Workers need only the public key:
#   gpg --batch --passphrase '' --quick-generate-key backups future-default default 2y
#   gpg --armor --export backups > keys/backups.asc
#   gpg --armor --export-secret-keys backups > backups.asc
# Keep the private one where a disaster of the zone can't reach it, and where restores run.
keys:
  databases:
    gpg:
      recipients: [keys/backups.asc]
      opens:                      # zones in which backups may be decrypted, for restores
        main: { file: /run/secrets/backups.asc }

# Where copies go. Two places, two media, one of them at another site.
repositories:
  local:
    kind: filesystem
    path: /var/backups/holdfast
    zone: main
    # keepFree: 1GiB              # refuse a backup that would leave less
  # offsite:
  #   kind: s3
  #   bucket: example-backups
  #   region: eu-central-1
  #   # endpoint: https://s3.example.org     # for services other than Amazon's
  #   zone: cloud
  #   lock: compliance                       # write-once for as long as dailies are kept
  #   credentials: { env: OFFSITE }          # OFFSITE_ACCESS_KEY_ID, OFFSITE_SECRET_ACCESS_KEY
  #   deleteCredentials: { env: OFFSITE_DELETE }   # so that the first need no right to delete
  # safe:                                    # air-gapped: somebody attaches it when asked
  #   kind: filesystem
  #   path: /mnt/safe
  #   zone: main
  #   online: manual
  #   schedule: "0 10 * * 6"
  #   attach: { role: operator }             # remind: 4h, patience: 7d
  # audit-log: { kind: s3, bucket: example-audit, region: eu-central-1, zone: cloud, lock: compliance }

# How long backups are kept: as daily, weekly, monthly and yearly ones. Never the last good one goes.
retention:
  gfs:
    daily: 30d
    weekly: 12w                   # or: keep 12
    monthly: 12m                  # m are months
    yearly: 7y
    # anchors: { weekly: sunday, monthly: 1, yearly: 01-01 }
    # schedule: "0 3 * * 0"       # when backups are promoted and expired
    # storage:
    #   monthly: { storageClass: STANDARD_IA }
  # audit-logs: { flat: 1y }      # every backup for the same time

# How much may be lost, and how long recovery may take.
tiers:
  standard: { rpo: 24h, rto: 4h }

sources:
  shop:
    kind: postgres
    zone: main
    tier: standard
    host: localhost
    # port: 5432
    database: shop
    user: backup
    # A secret never stands here, only where the worker finds it: env, file or command.
    password: { file: /run/secrets/shop-password }
    # ssl: verify-full            # the default for hosts other than localhost
    # parallel: 4                 # for large databases
    # fingerprint: checksums      # compare restores by content too, not only by rows

plans:
  shop-daily:
    source: shop
    schedule:
      cron: "0 2 * * *"           # minute, hour, day of month, month, day of week
      deadline: 6h
      # jitter: 5m
    key: databases
    copies: [local]               # better: [local, offsite, safe]
    retention: gfs
    # restoreTest:
    #   schedule: "0 4 1 * *"
    #   pick: random 30d          # or: latest, untested
    #   recent: { table: orders, column: created_at }
    #   smoke: ["select count(*) > 0 from orders"]
    # ping: { url: { file: /run/secrets/watcher-url } }   # a watcher outside, told of each run

# Who attaches, asks and approves. SSH public keys, made with a passphrase or in hardware:
#   ssh-keygen -t ed25519 -f alice          ssh-keygen -t ed25519-sk -f alice-yubikey
# people:
#   alice: { roles: [approver, operator], email: alice@example.org, sshKeys: [keys/alice.pub, keys/alice-yubikey.pub] }
#   bob:   { roles: [approver], sshKeys: [keys/bob.pub] }
#   carol: { roles: [approver], sshKeys: [keys/carol.pub] }

# What deleting backups before their time takes; these are the defaults.
# deletion: { approvals: 2, role: approver, delay: 24h, expires: 7d, signatures: signed }

# What is started only with a hardware-backed key: backup, restore, deletion.
# secondFactor: [deletion]

# Where what happens is recorded: a write-once repository without backups in it.
# audit: { repository: audit-log }

# Who is told of what is wrong; without routes every channel of everything.
# notifications:
#   mail: { host: mail.example.org, from: holdfast@example.org }
#   channels:
#     ops: { kind: email, to: [ops@example.org] }
#     chat: { kind: slack, url: { file: /run/secrets/chat-url } }

# How a service fails over: targets, nameServers and runbooks. A runbook to start from:
#   holdfast init --runbook site-loss
`;
}
