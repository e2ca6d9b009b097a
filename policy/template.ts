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
    # and keep the private file here, on the worker only:
    signingKey: { file: /etc/holdfast/holdfast-main }
  # cloud: { region: EU, site: nl-ams1 }

# Whose signatures count: SSH public keys, as files beside this policy.
signers:
  main: keys/holdfast-main.pub

# How backups are encrypted. Workers need only the public key:
#   gpg --quick-generate-key backups && gpg --armor --export backups > keys/backups.asc
# Keep the private key where a disaster of the zone can't reach it.
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

# retention:
#   gfs: { daily: 30d, weekly: 12w, monthly: 12m, yearly: 7y }

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
    copies: [local]               # better two: [local, offsite]
    # retention: gfs
    # restoreTest:
    #   schedule: "0 4 1 * *"
    #   recent: { table: orders, column: created_at }
    #   smoke: ["select count(*) > 0 from orders"]
`;
}
