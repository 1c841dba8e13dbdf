#include "shared/password.h"

static bool is_common(struct str password)
{
    static const char *const common[] = {
        "password",   "password1", "passw0rd",  "password123", "12345678", "123456789",
        "1234567890", "qwertyui",  "qwerty123", "qwertyuiop",  "iloveyou", "sunshine",
        "princess",   "football",  "baseball",  "superman",    "trustno1", "welcome1",
        "letmein1",   "admin123",  "leadboard", "leadboard1",  "changeme", "abcd1234",
        "asdfghjkl",  "computer",  "internet",  "whatever",    "87654321", "abcdefgh",
    };
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        if (str_eq_ci(password, str_from(common[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_one_character(struct str password)
{
    for (size_t i = 1; i < password.n; i++) {
        if (password.p[i] != password.p[0]) {
            return false;
        }
    }
    return true;
}

struct str password_objection(struct str password, struct str email)
{
    size_t n = str_utf8_length(password);
    if (n < PASSWORD_MIN) {
        return STR("The password needs at least 8 characters; 15 are better.");
    }
    if (n > PASSWORD_MAX) {
        return STR("The password may have at most 200 characters.");
    }
    if (email.n != 0 && str_eq_ci(password, email)) {
        return STR("The password must not be the email address.");
    }
    if (is_common(password) || is_one_character(password)) {
        return STR("This password is one of those that are tried first. Take another one.");
    }
    return (struct str){0};
}
