/*
 * crypt.h - passwords, random tokens, hashes and keyed codes. The only file that sees
 * libsodium.
 *
 * Call crypt_init once at the start of each program.
 */
#ifndef LEADBOARD_CRYPT_H
#define LEADBOARD_CRYPT_H

#include "shared/ctx.h"

#define CRYPT_KEY_BYTES 32
#define CRYPT_HASH_BYTES 32
#define CRYPT_HASH16_BYTES 16
#define CRYPT_PASSWORD_MAX 1024

/* False when the system gives no random numbers; the program must then not start. */
MUST_CHECK bool crypt_init(void);

/* n unpredictable bytes. */
void crypt_random(void *out, size_t n);
/* A random text of lower-case letters and digits 2-7 that carries `bytes` (at most 32) bytes of
 * chance: 16 for secrets, 10 (16 characters) for public ids. */
struct str crypt_token(struct arena *arena, size_t bytes);

/* argon2id, t=2, m=46 MiB, as text with its parameters: some 50 ms and 46 MiB; limit how many
 * run at once. ERR_INVALID when the password is longer than CRYPT_PASSWORD_MAX. */
MUST_CHECK enum err crypt_password_hash(struct ctx *ctx, struct str password,
                                        struct str *out_hash);
/* True when it is the password. Without a hash (nobody of that name) it takes as long and says
 * false. */
bool crypt_password_verify(struct arena *arena, struct str hash, struct str password);
/* True when the hash was made with other parameters than today's. */
bool crypt_password_is_outdated(struct arena *arena, struct str hash);

/* BLAKE2b of the parts as if they were one text. */
void crypt_hash16(const struct str *parts, size_t n, uint8_t out[CRYPT_HASH16_BYTES]);
/* For tokens that are stored: the table has the hash, the browser has the token. */
void crypt_sha256(struct str text, uint8_t out[CRYPT_HASH_BYTES]);

/* HMAC-SHA256 (RFC 2104) of the parts as if they were one text, with a key of any length: for
 * what others verify. */
void crypt_hmac_sha256(struct str key, const struct str *parts, size_t n,
                       uint8_t out[CRYPT_HASH_BYTES]);

/* Keyed hash of the parts, each with its length, so that ("ab", "c") is not ("a", "bc").
 * purpose ("csrf", "live") keeps codes of one use from being taken for those of another. */
void crypt_mac(const uint8_t key[CRYPT_KEY_BYTES], const char *purpose, const struct str *parts,
               size_t n, uint8_t out[CRYPT_HASH_BYTES]);
/* The same as 32 characters of base64url (192 bits). Compare with crypt_equal. */
struct str crypt_mac_text(struct arena *arena, const uint8_t key[CRYPT_KEY_BYTES],
                          const char *purpose, const struct str *parts, size_t n);

/* Secrets at rest: sealed with the installation's key (XSalsa20-Poly1305, crypto_secretbox)
 * under a fresh nonce, which stands before the ciphertext. purpose as for crypt_mac, so that a
 * text sealed for one use cannot be opened for another. */
struct str crypt_seal(struct arena *arena, const uint8_t key[CRYPT_KEY_BYTES],
                      const char *purpose, struct str secret);
/* False when it was sealed with another key or for another purpose, or was changed since. */
MUST_CHECK bool crypt_open(struct arena *arena, const uint8_t key[CRYPT_KEY_BYTES],
                           const char *purpose, struct str sealed, struct str *out_secret);

/* In constant time for equal lengths. "No value" equals nothing. */
bool crypt_equal(struct str a, struct str b);

struct str crypt_hex(struct arena *arena, struct str bytes);
/* False when it is not pairs of hexadecimal digits. */
bool crypt_from_hex(struct arena *arena, struct str text, struct str *out_bytes);
/* With padding (RFC 4648, section 4). */
struct str crypt_base64(struct arena *arena, struct str bytes);
bool crypt_from_base64(struct arena *arena, struct str text, struct str *out_bytes);
/* Without padding. */
struct str crypt_base64url(struct arena *arena, struct str bytes);
/* False when it is not base64url without padding. */
bool crypt_from_base64url(struct arena *arena, struct str text, struct str *out_bytes);

#endif
