#include "shared/traffic.h"
#include "shared/crypt.h"

#include <arpa/inet.h>

/* ---- names ---- */

static const char *const verdicts[TRAFFIC__END] = {
    [TRAFFIC_UNKNOWN] = "unknown",
    [TRAFFIC_COMPANY] = "company",
    [TRAFFIC_PROVIDER] = "internet provider",
    [TRAFFIC_HOSTING] = "hosting",
    [TRAFFIC_OFFICE] = "office",
    [TRAFFIC_BOT] = "bot",
    [TRAFFIC_SCANNER] = "mail scanner",
    [TRAFFIC_PERSON] = "person",
};

const char *traffic_verdict_name(int verdict)
{
    return verdict >= 0 && verdict < TRAFFIC__END ? verdicts[verdict] : "";
}

const char *traffic_reason_text(int reason, int verdict)
{
    static const char *const texts[TRAFFIC_REASON__END] = {
        [TRAFFIC_BY_NOTHING] = "The owner of its network is not known.",
        [TRAFFIC_BY_HAND_SESSION] = "Your team said so of this session.",
        [TRAFFIC_BY_HAND_PLACE] = "Your team said so of this place.",
        [TRAFFIC_BY_HAND_NETWORK] = "Your team said so of this network.",
        [TRAFFIC_BY_WORD] = "A word in the name of the network's owner says so.",
        [TRAFFIC_BY_LIST] = "The owner of its network is known to be one.",
        [TRAFFIC_BY_SIZE] = "The network has more addresses than a company needs.",
        [TRAFFIC_BY_NAME] = "The network belongs to an organisation of its own.",
        [TRAFFIC_BY_VENDOR] =
            "It began with a mail, in the network of a company that checks mails for viruses.",
        [TRAFFIC_BY_HASTE] = "It began with a mail, in a hosting network, and was over within "
                             "ten seconds: so do mail gateways that check links.",
        [TRAFFIC_BY_OPENING] = "Only a mail was opened, in a hosting network: so do mail "
                               "gateways before the mail is delivered.",
        [TRAFFIC_BY_ADDRESS] = "Its address has a name of this company.",
    };
    (void)verdict;
    return reason >= 0 && reason < TRAFFIC_REASON__END ? texts[reason] : "";
}

/* ---- places ---- */

#define ADDRESS_MAX 64

/* The bytes that stand for the surroundings, in *out; how many, 0: no address. */
static size_t surroundings(struct str address, uint8_t out[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char text[ADDRESS_MAX];
    if (address.n == 0 || address.n >= sizeof(text)) {
        return 0;
    }
    memcpy(text, address.p, address.n);
    text[address.n] = '\0';
    if (inet_pton(AF_INET, text, out) == 1) {
        return 3;
    }
    if (inet_pton(AF_INET6, text, out) != 1) {
        return 0;
    }
    if (memcmp(out, mapped, sizeof(mapped)) == 0) {
        memmove(out, out + sizeof(mapped), 4);
        return 3;
    }
    return 6;
}

int64_t traffic_place(const uint8_t *key, int64_t dataset, struct str address)
{
    uint8_t bytes[16], code[CRYPT_HASH_BYTES];
    size_t n = surroundings(address, bytes);
    int64_t place;
    if (n == 0) {
        return 0;
    }
    const struct str parts[] = {{(const char *)&dataset, sizeof(dataset)},
                                {(const char *)bytes, n}};
    crypt_mac(key, "place", parts, 2, code);
    memcpy(&place, code, sizeof(place));
    return place == 0 ? 1 : place;
}

/* ---- the lists: words of an owner's name, in lower case, sorted by bytes ---- */

#define W(text) STR_INIT(text)

/* Whole words anywhere in the name, and beginnings and ends of words (below). */
static const struct str hosting_words[] = {
    W("cloud"),         W("clouds"),     W("cloudflare"),  W("colo"),       W("colocation"),
    W("datacamp"),      W("datacenter"), W("datacenters"), W("datacentre"), W("dedicated"),
    W("host"),          W("hosted"),     W("hoster"),      W("hosting"),    W("hosts"),
    W("rechenzentrum"), W("server"),     W("servers"),     W("serveurs"),   W("servidores"),
    W("vpn"),           W("vps"),        W("webhosting"),  W("webhost"),
};

static const struct str provider_words[] = {
    W("backbone"),
    W("banda"),
    W("bredband"),
    W("broadband"),
    W("cable"),
    W("cablevision"),
    W("cell"),
    W("cellular"),
    W("comunicacao"),
    W("comunicaciones"),
    W("comunicacoes"),
    W("communication"),
    W("communications"),
    W("fiber"),
    W("fibernet"),
    W("fibra"),
    W("fibre"),
    W("fttx"),
    W("gigabit"),
    W("glasfaser"),
    W("internet"),
    W("isp"),
    W("komunikasi"),
    W("mobile"),
    W("multimidia"),
    W("net"),
    W("network"),
    W("networks"),
    W("netz"),
    W("online"),
    W("broadcasting"),
    W("tv"),
    W("infra"),
    W("tele"),
    W("provedor"),
    W("provedores"),
    W("satellite"),
    W("telco"),
    W("telecom"),
    W("telecommunication"),
    W("telecommunications"),
    W("telecomunicacion"),
    W("telecomunicacoes"),
    W("telecomunicaciones"),
    W("telecoms"),
    W("telefonica"),
    W("telefonia"),
    W("telefon"),
    W("telekom"),
    W("telekomunikasi"),
    W("telekomunikasyon"),
    W("telenet"),
    W("telephone"),
    W("telephony"),
    W("televisao"),
    W("television"),
    W("wifi"),
    W("wimax"),
    W("wireless"),
    W("wisp"),
};

/* Parts of words: "centrosulnet", "fiberstate", "1337hosting". */
static const struct str hosting_parts[] = {
    W("hosting"), W("datacenter"), W("datacentre"), W("cloud"), W("server"),
};
static const struct str provider_parts[] = {
    W("telecom"),  W("telekom"),  W("telefon"), W("fibra"),  W("fiber"), W("broadband"),
    W("internet"), W("wireless"), W("netcom"),  W("nettel"), W("telco"),
};
/* "gigaair" is an internet provider's kind of name, "planet" is not. */
static const struct str provider_ends[] = {W("net"), W("nett"), W("link"), W("com.net")};
#define END_LETTERS 6

/* Owners whose names begin with these words. */
struct known {
    struct str begins;
    enum traffic_verdict verdict;
    bool mail_security, picture_proxy;
};
static const struct known known[] = {
    /* Vendors of mail gateways. Between mails they are companies. */
    {W("proofpoint"), TRAFFIC_COMPANY, true, false},
    {W("mimecast"), TRAFFIC_COMPANY, true, false},
    {W("barracuda networks"), TRAFFIC_COMPANY, true, false},
    {W("cisco systems ironport"), TRAFFIC_COMPANY, true, false},
    {W("trend micro"), TRAFFIC_COMPANY, true, false},
    {W("sophos"), TRAFFIC_COMPANY, true, false},
    {W("trellix"), TRAFFIC_COMPANY, true, false},
    {W("fireeye"), TRAFFIC_COMPANY, true, false},
    {W("forcepoint"), TRAFFIC_COMPANY, true, false},
    {W("hornetsecurity"), TRAFFIC_COMPANY, true, false},
    {W("retarus"), TRAFFIC_COMPANY, true, false},
    {W("symantec"), TRAFFIC_COMPANY, true, false},
    {W("messagelabs"), TRAFFIC_COMPANY, true, false},
    /* Web mailers that fetch pictures when a mail is opened. */
    {W("google"), TRAFFIC_HOSTING, false, true},
    {W("google fiber"), TRAFFIC_PROVIDER, false, false},
    {W("yahoo"), TRAFFIC_HOSTING, false, true},
    /* Clouds, hosters, content networks, gateways that people's traffic leaves by. */
    {W("1337 services"), TRAFFIC_HOSTING, false, false},
    {W("akamai"), TRAFFIC_HOSTING, false, false},
    {W("alibaba"), TRAFFIC_HOSTING, false, false},
    {W("amazon"), TRAFFIC_HOSTING, false, false},
    {W("choopa"), TRAFFIC_HOSTING, false, false},
    {W("cogent"), TRAFFIC_PROVIDER, false, false},
    {W("constant company"), TRAFFIC_HOSTING, false, false},
    {W("contabo"), TRAFFIC_HOSTING, false, false},
    {W("digitalocean"), TRAFFIC_HOSTING, false, false},
    {W("dreamhost"), TRAFFIC_HOSTING, false, false},
    {W("equinix"), TRAFFIC_HOSTING, false, false},
    {W("bit bv"), TRAFFIC_HOSTING, false, false},
    {W("clouvider"), TRAFFIC_HOSTING, false, false},
    {W("combell"), TRAFFIC_HOSTING, false, false},
    {W("datum"), TRAFFIC_HOSTING, false, false},
    {W("dataweb"), TRAFFIC_HOSTING, false, false},
    {W("edgecast"), TRAFFIC_HOSTING, false, false},
    {W("firstcolo"), TRAFFIC_HOSTING, false, false},
    {W("flexential"), TRAFFIC_HOSTING, false, false},
    {W("frantech"), TRAFFIC_HOSTING, false, false},
    {W("g core"), TRAFFIC_HOSTING, false, false},
    {W("hivelocity"), TRAFFIC_HOSTING, false, false},
    {W("hostpapa"), TRAFFIC_HOSTING, false, false},
    {W("internap"), TRAFFIC_HOSTING, false, false},
    {W("interserver"), TRAFFIC_HOSTING, false, false},
    {W("ip volume"), TRAFFIC_HOSTING, false, false},
    {W("multacom"), TRAFFIC_HOSTING, false, false},
    {W("network solutions"), TRAFFIC_HOSTING, false, false},
    {W("neue medien muennich"), TRAFFIC_HOSTING, false, false},
    {W("ntirety"), TRAFFIC_HOSTING, false, false},
    {W("packet host"), TRAFFIC_HOSTING, false, false},
    {W("reliablesite"), TRAFFIC_HOSTING, false, false},
    {W("serverius"), TRAFFIC_HOSTING, false, false},
    {W("sharktech"), TRAFFIC_HOSTING, false, false},
    {W("signet"), TRAFFIC_HOSTING, false, false},
    {W("unified layer"), TRAFFIC_HOSTING, false, false},
    {W("velia"), TRAFFIC_HOSTING, false, false},
    {W("worldstream"), TRAFFIC_HOSTING, false, false},
    {W("fastly"), TRAFFIC_HOSTING, false, false},
    {W("gandi"), TRAFFIC_HOSTING, false, false},
    {W("godaddy"), TRAFFIC_HOSTING, false, false},
    {W("hangzhou alibaba"), TRAFFIC_HOSTING, false, false},
    {W("hetzner"), TRAFFIC_HOSTING, false, false},
    {W("hostinger"), TRAFFIC_HOSTING, false, false},
    {W("huawei"), TRAFFIC_HOSTING, false, false},
    {W("infomaniak"), TRAFFIC_HOSTING, false, false},
    {W("ionos"), TRAFFIC_HOSTING, false, false},
    {W("leaseweb"), TRAFFIC_HOSTING, false, false},
    {W("linode"), TRAFFIC_HOSTING, false, false},
    {W("liquid web"), TRAFFIC_HOSTING, false, false},
    {W("m247"), TRAFFIC_HOSTING, false, false},
    {W("microsoft"), TRAFFIC_HOSTING, false, false},
    {W("namecheap"), TRAFFIC_HOSTING, false, false},
    {W("netcup"), TRAFFIC_HOSTING, false, false},
    {W("netskope"), TRAFFIC_HOSTING, false, false},
    {W("online sas"), TRAFFIC_HOSTING, false, false},
    {W("oracle"), TRAFFIC_HOSTING, false, false},
    {W("ovh"), TRAFFIC_HOSTING, false, false},
    {W("plusserver"), TRAFFIC_HOSTING, false, false},
    {W("psychz"), TRAFFIC_HOSTING, false, false},
    {W("quadranet"), TRAFFIC_HOSTING, false, false},
    {W("rackspace"), TRAFFIC_HOSTING, false, false},
    {W("scaleway"), TRAFFIC_HOSTING, false, false},
    {W("shenzhen tencent"), TRAFFIC_HOSTING, false, false},
    {W("strato"), TRAFFIC_HOSTING, false, false},
    {W("tencent"), TRAFFIC_HOSTING, false, false},
    {W("the constant company"), TRAFFIC_HOSTING, false, false},
    {W("transip"), TRAFFIC_HOSTING, false, false},
    {W("vultr"), TRAFFIC_HOSTING, false, false},
    {W("zscaler"), TRAFFIC_HOSTING, false, false},
    /* Providers whose names do not say so. */
    {W("as bulgaria"), TRAFFIC_PROVIDER, false, false},
    {W("at t"), TRAFFIC_PROVIDER, false, false},
    {W("bell canada"), TRAFFIC_PROVIDER, false, false},
    {W("bharat sanchar"), TRAFFIC_PROVIDER, false, false},
    {W("bharti"), TRAFFIC_PROVIDER, false, false},
    {W("bt"), TRAFFIC_PROVIDER, false, false},
    {W("centurylink"), TRAFFIC_PROVIDER, false, false},
    {W("charter"), TRAFFIC_PROVIDER, false, false},
    {W("china unicom"), TRAFFIC_PROVIDER, false, false},
    {W("chinanet"), TRAFFIC_PROVIDER, false, false},
    {W("claro"), TRAFFIC_PROVIDER, false, false},
    {W("comcast"), TRAFFIC_PROVIDER, false, false},
    {W("elisa"), TRAFFIC_PROVIDER, false, false},
    {W("free sas"), TRAFFIC_PROVIDER, false, false},
    {W("gtt"), TRAFFIC_PROVIDER, false, false},
    {W("hurricane electric"), TRAFFIC_PROVIDER, false, false},
    {W("kddi"), TRAFFIC_PROVIDER, false, false},
    {W("kpn"), TRAFFIC_PROVIDER, false, false},
    {W("liberty global"), TRAFFIC_PROVIDER, false, false},
    {W("level 3"), TRAFFIC_PROVIDER, false, false},
    {W("lg dacom"), TRAFFIC_PROVIDER, false, false},
    {W("lg powercomm"), TRAFFIC_PROVIDER, false, false},
    {W("lumen"), TRAFFIC_PROVIDER, false, false},
    {W("megafon"), TRAFFIC_PROVIDER, false, false},
    {W("mts"), TRAFFIC_PROVIDER, false, false},
    {W("netcologne"), TRAFFIC_PROVIDER, false, false},
    {W("ntt"), TRAFFIC_PROVIDER, false, false},
    {W("orange"), TRAFFIC_PROVIDER, false, false},
    {W("pjsc rostelecom"), TRAFFIC_PROVIDER, false, false},
    {W("proximus"), TRAFFIC_PROVIDER, false, false},
    {W("reliance jio"), TRAFFIC_PROVIDER, false, false},
    {W("rcs rds"), TRAFFIC_PROVIDER, false, false},
    {W("digi romania"), TRAFFIC_PROVIDER, false, false},
    {W("rogers"), TRAFFIC_PROVIDER, false, false},
    {W("singtel"), TRAFFIC_PROVIDER, false, false},
    {W("sky uk"), TRAFFIC_PROVIDER, false, false},
    {W("softbank"), TRAFFIC_PROVIDER, false, false},
    {W("space exploration"), TRAFFIC_PROVIDER, false, false},
    {W("sunrise"), TRAFFIC_PROVIDER, false, false},
    {W("swisscom"), TRAFFIC_PROVIDER, false, false},
    {W("t mobile"), TRAFFIC_PROVIDER, false, false},
    {W("talktalk"), TRAFFIC_PROVIDER, false, false},
    {W("tdc"), TRAFFIC_PROVIDER, false, false},
    {W("tele2"), TRAFFIC_PROVIDER, false, false},
    {W("telenor"), TRAFFIC_PROVIDER, false, false},
    {W("telia"), TRAFFIC_PROVIDER, false, false},
    {W("telstra"), TRAFFIC_PROVIDER, false, false},
    {W("telus"), TRAFFIC_PROVIDER, false, false},
    {W("uninet"), TRAFFIC_PROVIDER, false, false},
    {W("verizon"), TRAFFIC_PROVIDER, false, false},
    {W("viettel"), TRAFFIC_PROVIDER, false, false},
    {W("virgin media"), TRAFFIC_PROVIDER, false, false},
    {W("vnpt"), TRAFFIC_PROVIDER, false, false},
    {W("vodafone"), TRAFFIC_PROVIDER, false, false},
    {W("wind tre"), TRAFFIC_PROVIDER, false, false},
    {W("windstream"), TRAFFIC_PROVIDER, false, false},
    {W("xs4all"), TRAFFIC_PROVIDER, false, false},
    {W("ziggo"), TRAFFIC_PROVIDER, false, false},
    /* Companies whose names or sizes mislead. */
    {W("apple"), TRAFFIC_COMPANY, false, false},
    {W("united airlines"), TRAFFIC_COMPANY, false, false},
    {W("check point software"), TRAFFIC_COMPANY, false, false},
    {W("palo alto networks"), TRAFFIC_COMPANY, false, false},
    {W("juniper networks"), TRAFFIC_COMPANY, false, false},
    {W("f5 networks"), TRAFFIC_COMPANY, false, false},
    {W("extreme networks"), TRAFFIC_COMPANY, false, false},
    {W("aruba networks"), TRAFFIC_COMPANY, false, false},
    {W("arista networks"), TRAFFIC_COMPANY, false, false},
    {W("bank of america"), TRAFFIC_COMPANY, false, false},
    {W("cisco"), TRAFFIC_COMPANY, false, false},
    {W("eli lilly"), TRAFFIC_COMPANY, false, false},
    {W("ford motor"), TRAFFIC_COMPANY, false, false},
    {W("general electric"), TRAFFIC_COMPANY, false, false},
    {W("halliburton"), TRAFFIC_COMPANY, false, false},
    {W("hewlett"), TRAFFIC_COMPANY, false, false},
    {W("ibm"), TRAFFIC_COMPANY, false, false},
    {W("ibm cloud"), TRAFFIC_HOSTING, false, false},
    {W("facebook"), TRAFFIC_COMPANY, false, false},
    {W("mercedes"), TRAFFIC_COMPANY, false, false},
    {W("motorola"), TRAFFIC_COMPANY, false, false},
    {W("prudential"), TRAFFIC_COMPANY, false, false},
    {W("the prudential"), TRAFFIC_COMPANY, false, false},
    {W("zoom video communications"), TRAFFIC_COMPANY, false, false},
    {W("zoom communications"), TRAFFIC_COMPANY, false, false},
};

/* Organisations that nobody else's customers sit behind, whatever their size and whatever else
 * is in the name ("University of Telecommunications"). */
static const struct str own_words[] = {
    W("bank"),       W("banco"),       W("banque"),       W("clinic"),       W("college"),
    W("defence"),    W("defense"),     W("dod"),          W("health"),       W("healthcare"),
    W("hospital"),   W("insurance"),   W("laboratory"),   W("ministry"),     W("school"),
    W("schools"),    W("universidad"), W("universidade"), W("universitaet"), W("universitas"),
    W("universite"), W("university"),  W("universita"),
};
/* The same, unless the name has a word of a provider's too ("Moscow city telephone network").
 */
static const struct str public_words[] = {
    W("airlines"),     W("airport"),    W("army"),      W("authority"),  W("automotive"),
    W("chemical"),     W("city"),       W("county"),    W("department"), W("district"),
    W("federal"),      W("government"), W("institute"), W("motor"),      W("motors"),
    W("municipality"), W("pharma"),     W("state"),
};

/* ---- reading a name ---- */

#define WORDS_MAX 16
#define NAME_MAX 200

struct words {
    char room[NAME_MAX];
    size_t n_room;
    struct str word[WORDS_MAX];
    size_t n;
};

static bool is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

/* The words of a name, in lower case, without what stands between them; room has them with one
 * space between. */
static void read_words(struct str name, struct words *words)
{
    words->n = words->n_room = 0;
    for (size_t i = 0; i < name.n && words->n_room < NAME_MAX - 1;) {
        size_t from = words->n_room;
        for (; i < name.n && words->n_room < NAME_MAX - 1; i++) {
            unsigned char c = (unsigned char)name.p[i];
            c = c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
            if (!is_letter(c)) {
                break;
            }
            words->room[words->n_room++] = (char)c;
        }
        if (words->n_room > from) {
            if (words->n < WORDS_MAX) {
                words->word[words->n++] =
                    (struct str){words->room + from, words->n_room - from};
            }
            words->room[words->n_room++] = ' ';
        } else {
            i++;
        }
    }
}

static bool has_word(const struct words *words, const struct str *list, size_t n)
{
    for (size_t i = 0; i < words->n; i++) {
        for (size_t k = 0; k < n; k++) {
            if (str_eq(words->word[i], list[k])) {
                return true;
            }
        }
    }
    return false;
}

#define HAS_WORD(words, list) has_word(words, list, sizeof(list) / sizeof((list)[0]))

/* "bt" begins "bt plc", not "btc". */
static bool begins_with(const struct words *words, struct str begins)
{
    return words->n_room > begins.n && words->room[begins.n] == ' ' &&
           memcmp(words->room, begins.p, begins.n) == 0;
}

static bool has_part(const struct words *words, const struct str *list, size_t n)
{
    for (size_t i = 0; i < words->n; i++) {
        for (size_t k = 0; k < n; k++) {
            if (str_contains(words->word[i], list[k])) {
                return true;
            }
        }
    }
    return false;
}

#define HAS_PART(words, list) has_part(words, list, sizeof(list) / sizeof((list)[0]))

static bool has_end(const struct words *words)
{
    for (size_t i = 0; i < words->n; i++) {
        struct str word = words->word[i];
        for (size_t k = 0; k < sizeof(provider_ends) / sizeof(provider_ends[0]); k++) {
            size_t n = provider_ends[k].n;
            if (word.n >= END_LETTERS && word.n > n &&
                str_eq(str_slice(word, word.n - n, word.n), provider_ends[k])) {
                return true;
            }
        }
    }
    return false;
}

static const struct known *find_known(const struct words *words)
{
    const struct known *best = NULL;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (begins_with(words, known[i].begins) &&
            (best == NULL || known[i].begins.n > best->begins.n)) {
            best = &known[i];
        }
    }
    return best;
}

struct traffic_kind traffic_kind(const struct traffic_network *network)
{
    struct words words;
    struct traffic_kind kind = {.verdict = TRAFFIC_UNKNOWN};
    if (network->owner.n == 0) {
        return kind;
    }
    read_words(network->owner, &words);
    const struct known *one = find_known(&words);
    kind.reason = TRAFFIC_BY_WORD;
    if (one != NULL) {
        kind = (struct traffic_kind){.verdict = one->verdict,
                                     .reason = TRAFFIC_BY_LIST,
                                     .mail_security = one->mail_security,
                                     .picture_proxy = one->picture_proxy};
    } else if (HAS_WORD(&words, own_words)) {
        kind.verdict = TRAFFIC_COMPANY;
        kind.reason = TRAFFIC_BY_NAME;
    } else if (HAS_WORD(&words, hosting_words) || HAS_PART(&words, hosting_parts)) {
        kind.verdict = TRAFFIC_HOSTING;
    } else if (HAS_WORD(&words, provider_words) || HAS_PART(&words, provider_parts) ||
               has_end(&words)) {
        kind.verdict = TRAFFIC_PROVIDER;
    } else if (HAS_WORD(&words, public_words)) {
        kind.verdict = TRAFFIC_COMPANY;
        kind.reason = TRAFFIC_BY_NAME;
    } else if (network->addresses > TRAFFIC_LARGE) {
        kind.verdict = TRAFFIC_PROVIDER;
        kind.reason = TRAFFIC_BY_SIZE;
    } else {
        kind.verdict = TRAFFIC_COMPANY;
        kind.reason = TRAFFIC_BY_NAME;
    }
    return kind;
}

/* ---- judging ---- */

static enum traffic_reason scanner(const struct traffic_session *session)
{
    bool hosting = session->kind.verdict == TRAFFIC_HOSTING;
    if (!session->judged || !session->mail) {
        return TRAFFIC_BY_NOTHING;
    }
    if (session->kind.mail_security) {
        return TRAFFIC_BY_VENDOR;
    }
    if (hosting && session->acts && session->lasted_us < TRAFFIC_SCAN_US) {
        return TRAFFIC_BY_HASTE;
    }
    return hosting && !session->acts && !session->kind.picture_proxy ? TRAFFIC_BY_OPENING
                                                                     : TRAFFIC_BY_NOTHING;
}

enum traffic_verdict traffic_judge(const struct traffic_session *session,
                                   enum traffic_reason *out_reason)
{
    if (session->said != TRAFFIC_UNKNOWN && session->said_by != TRAFFIC_BY_HAND_NETWORK) {
        *out_reason = session->said_by;
        return session->said;
    }
    /* What the team says of a network is about the network: scanners may be in a hoster's. */
    struct traffic_session judged = *session;
    if (session->said != TRAFFIC_UNKNOWN) {
        if (!traffic_counts(session->said) || session->said == TRAFFIC_PERSON) {
            *out_reason = session->said_by;
            return session->said;
        }
        judged.kind =
            (struct traffic_kind){.verdict = session->said, .reason = TRAFFIC_BY_HAND_NETWORK};
    }
    *out_reason = scanner(&judged);
    if (*out_reason != TRAFFIC_BY_NOTHING) {
        return TRAFFIC_SCANNER;
    }
    bool open =
        judged.kind.verdict == TRAFFIC_UNKNOWN || judged.kind.verdict == TRAFFIC_PROVIDER;
    if (judged.named && open && judged.kind.reason != TRAFFIC_BY_HAND_NETWORK) {
        *out_reason = TRAFFIC_BY_ADDRESS;
        return TRAFFIC_COMPANY;
    }
    *out_reason = judged.kind.reason;
    return judged.kind.verdict;
}
