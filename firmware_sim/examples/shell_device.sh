#!/usr/bin/env bash
# A car that speaks to Callahead: MQTT 3.1.1 by mosquitto_pub and mosquitto_sub, one file. Copy it and make it yours.
#
# ./shell_device.sh mqtt://127.0.0.1:1883 acme/car-3 10        the last one: seconds to listen
# PAY=3.50 PAYMENT_KEY=SEED ./shell_device.sh …                also asks the house to pay an hour of parking, signed (openssl 3)
# BAD=1 ./shell_device.sh …                                    also sends a bad event, to see it refused
set -euo pipefail

url=${1:-mqtt://127.0.0.1:1883} device=${2:-acme/car-3} seconds=${3:-10}
topic=callahead/v1/$device
boot=$(date +%s) # grows with every start; a device with a store of its own counts 0, 1, 2 …
number=0         # of the events since then: id is boot-number, and an event sent again keeps its id
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# At least once (-q 1): mosquitto_pub ends well when the broker has acknowledged it. Else keep it, and send it again.
publish() { # channel, payload, more options
  if ! mosquitto_pub -V mqttv311 -q 1 -L "$url/$topic/$1" -m "$2" "${@:3}"; then
    echo "not acknowledged: $1; check the broker's address, user and password" >&2
    exit 2
  fi
  echo "acknowledged: $1 $2"
}

# A CloudEvent 1.0. "simulated": an example never has a real truck sent; yours says "real".
event() { # kind, data
  publish event '{"specversion":"1.0","type":"callahead.'"$1"'.v1","source":"/'"$device"'","id":"'"$boot-$number"'",
    "time":"'"$(now)"'","datacontenttype":"application/json","provenance":"simulated","data":'"$2"'}'
  number=$((number + 1))
}

# What we ask the house to pay: an hour of parking. Keep it, and ask again with the same where nobody answers. The name of the
# payment is never used for another. Members by name, no blanks, UTF-8 (RFC 8785): so it is signed.
request() {
  printf '{"amount":"%s","category":"parking","created":"%s","creditor":"LV80BANK0000435195001",' "$PAY" "$(now)"
  printf '"creditor_name":"Rīgas autostāvvieta","currency":"EUR","end_to_end_id":"PARK-%s","words":"an hour at gate 4"}' "$boot"
}

# Ed25519, PAYMENT_KEY its private key, 32 bytes in base64url: as PKCS #8 it is the same with a head of its own.
signature() { # what is signed
  local folder
  folder=$(mktemp -d)
  printf '\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20' >"$folder/key"
  tr '_-' '/+' <<<"$PAYMENT_KEY=" | base64 -d >>"$folder/key"
  printf %s "$1" >"$folder/signed"
  openssl pkeyutl -sign -rawin -inkey "$folder/key" -keyform DER -in "$folder/signed" | base64 -w0 | tr '/+' '_-' | tr -d =
  rm -rf "$folder"
}

# This connection stays: it listens, and its last will says that we are gone. The boot keeps a late will from hiding a newer start.
# A session belongs to its user: the id is the user's name, and with the vendor's name a suffix for each of its devices.
user=$(sed -nE 's|^[a-z]+://([^:@/]+)(:[^@/]*)?@.*|\1|p' <<<"$url" | sed 's|%2[Ff]|/|g')
if [ "${user:=$device}" = "$device" ]; then id=$device; else id=$user:${device/\//-}; fi
heard=$(mktemp)
mosquitto_sub -V mqttv311 -q 1 -i "$id" -F '%t: %p' -W "$seconds" \
  -L "$url/$topic/command" -t "$topic/rejected" --will-topic "$topic/state" --will-qos 1 --will-retain \
  --will-payload '{"online":false,"boot":'"$boot"'}' >"$heard" 2> >(grep -v 'Timed out' >&2) &
listener=$!
trap 'kill $listener 2>/dev/null || true; rm -f "$heard"' EXIT
sleep 1 # until it listens

publish state '{"online":true,"boot":'"$boot"'}' --retain
position='{"latitude":51.0504,"longitude":13.7373,"accuracy_m":8,"fix_time":"'$(now)'"}'
weak='{"Vehicle.LowVoltageBattery.CurrentVoltage":11.2,"Vehicle.Speed":0}'
event vehicle.status '{"position":'"$position"',"signals":'"$weak"'}'
event vehicle.fault '{"codes":[{"code":"P0562"}],"position":'"$position"',"freeze_frame":'"$weak"'}'
if [ -n "${PAY:-}" ]; then
  data=$(request)
  event payment.request "${data%\}}${PAYMENT_KEY:+,\"signature\":\"$(signature "$data")\"}}"
fi
if [ -n "${BAD:-}" ]; then event vehicle.fault '{"codes":[{"code":"flat battery"}]}'; fi

wait $listener || true # it ends by itself when its time is up
cat "$heard"
publish state '{"online":false,"boot":'"$boot"'}' --retain # a connection that is closed in order sends no last will
! grep -q "^$topic/rejected: " "$heard"
