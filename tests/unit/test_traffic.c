/* Kinds of traffic without a database: owners of networks with what they are, sessions. */
#include "shared/crypt.h"
#include "shared/traffic.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* Owners as the registries name them (RouteViews and DB-IP, by npm's @ip-location-db/asn), with
 * the IPv4 addresses they have and what they are: those a visitor of a business site is likely
 * to come from, and 56 that were drawn by lot from all that have 512 addresses or more.
 * Research networks, which universities share, are providers. */
static const struct owner {
    const char *name;
    int64_t addresses;
    enum traffic_verdict is;
    bool lot; /* drawn */
} owners[] = {
    /* clang-format off */
    {"Apple Inc.", 16920064, TRAFFIC_COMPANY, false},
    {"Bank of America, National Association", 5698048, TRAFFIC_COMPANY, false},
    {"Barracuda Networks, Inc.", 6144, TRAFFIC_COMPANY, false},
    {"Boston University", 133632, TRAFFIC_COMPANY, false},
    {"Cerner Corporation", 5632, TRAFFIC_COMPANY, true},
    {"Check Point Software Technologies India PVT LTD.", 2816, TRAFFIC_COMPANY, true},
    {"Cisco Systems Ironport Division", 32256, TRAFFIC_COMPANY, false},
    {"CISCO SYSTEMS, INC.", 1145600, TRAFFIC_COMPANY, false},
    {"DoD Network Information Center", 31035648, TRAFFIC_COMPANY, false},
    {"Dropbox, Inc.", 74752, TRAFFIC_COMPANY, false},
    {"Eli Lilly and Company", 5865728, TRAFFIC_COMPANY, false},
    {"Facebook Inc", 5120, TRAFFIC_COMPANY, false},
    {"Facebook, Inc.", 449536, TRAFFIC_COMPANY, false},
    {"Federal State Autonomous Educational Institution Of Higher Education Omsk State", 1024, TRAFFIC_COMPANY, true},
    {"Forcepoint UK Limited", 52224, TRAFFIC_COMPANY, false},
    {"Ford Motor Company", 16907776, TRAFFIC_COMPANY, false},
    {"Fraunhofer-Gesellschaft zur Foerderung der angewandten Forschung e.V.", 70144, TRAFFIC_COMPANY, true},
    {"FSCJ", 1024, TRAFFIC_COMPANY, true},
    {"Gibson Thomas Rental Ltd", 768, TRAFFIC_COMPANY, true},
    {"GitHub, Inc.", 9216, TRAFFIC_COMPANY, false},
    {"Hack The Box Ltd", 2560, TRAFFIC_COMPANY, true},
    {"HEWLETT PACKARD ENTERPRISE COMPANY", 6656, TRAFFIC_COMPANY, true},
    {"HP Inc.", 2304, TRAFFIC_COMPANY, false},
    {"IBM", 8704, TRAFFIC_COMPANY, false},
    {"ICICI Prudential Life Insurance Company LTD", 512, TRAFFIC_COMPANY, true},
    {"Invesco Group Services, Inc.", 7936, TRAFFIC_COMPANY, false},
    {"Link4 Towarzystwo Ubezpieczen S.A.", 512, TRAFFIC_COMPANY, false},
    {"LinkedIn Corporation", 6400, TRAFFIC_COMPANY, false},
    {"LPL Financial", 5120, TRAFFIC_COMPANY, true},
    {"Massachusetts Institute of Technology", 1836800, TRAFFIC_COMPANY, false},
    {"Mercedes-Benz Group AG", 16822272, TRAFFIC_COMPANY, false},
    {"Mimecast North America Inc", 5632, TRAFFIC_COMPANY, false},
    {"Mimecast Services Limited", 3072, TRAFFIC_COMPANY, false},
    {"Mineraloelraffinerie Oberrhein GmbH & Co KG", 512, TRAFFIC_COMPANY, true},
    {"Ministry of Foreign Affairs and Trade", 5120, TRAFFIC_COMPANY, true},
    {"Netflix Streaming Services Inc.", 155392, TRAFFIC_COMPANY, false},
    {"Northwestern University", 149504, TRAFFIC_COMPANY, false},
    {"Nvidia Corporation", 9728, TRAFFIC_COMPANY, true},
    {"Oak Ridge National Laboratory", 133632, TRAFFIC_COMPANY, false},
    {"ON24, Inc.", 1024, TRAFFIC_COMPANY, false},
    {"Oregon State Lottery", 512, TRAFFIC_COMPANY, true},
    {"Pittsburgh Supercomputing Center", 119296, TRAFFIC_COMPANY, false},
    {"Pontificia Universidad Catolica de Chile", 65536, TRAFFIC_COMPANY, false},
    {"Princeton University", 137472, TRAFFIC_COMPANY, false},
    {"Proofpoint, Inc.", 13568, TRAFFIC_COMPANY, false},
    {"PUBLIC JOINT-STOCK COMPANY BANK SINARA", 2048, TRAFFIC_COMPANY, true},
    {"Purdue University", 233728, TRAFFIC_COMPANY, false},
    {"Qinetiq Limited", 2048, TRAFFIC_COMPANY, true},
    {"Ramkhamhaeng University", 8192, TRAFFIC_COMPANY, true},
    {"Roanoke County", 512, TRAFFIC_COMPANY, true},
    {"Robert Bosch Gesellschaft mit Beschraenkter Haftung", 128256, TRAFFIC_COMPANY, false},
    {"Roblox", 33792, TRAFFIC_COMPANY, false},
    {"Salk Institute", 2304, TRAFFIC_COMPANY, true},
    {"SAP SE", 85248, TRAFFIC_COMPANY, false},
    {"SIEMENS AG", 7040, TRAFFIC_COMPANY, false},
    {"Siemens Corporation", 69888, TRAFFIC_COMPANY, false},
    {"Siemens Industry Software Inc.", 198656, TRAFFIC_COMPANY, false},
    {"THE AMERICAN ASSOCIATION OF MOTOR VEHICLE ADMINISTRATORS", 4864, TRAFFIC_COMPANY, true},
    {"The Prudential Insurance Company of America", 8713216, TRAFFIC_COMPANY, false},
    {"The Times Union", 512, TRAFFIC_COMPANY, true},
    {"Trellix", 1280, TRAFFIC_COMPANY, false},
    {"TREND MICRO INCORPORATED", 25856, TRAFFIC_COMPANY, false},
    {"Twitter Inc.", 41728, TRAFFIC_COMPANY, false},
    {"United States Department of Defense (DoD)", 222894592, TRAFFIC_COMPANY, false},
    {"University of California at Berkeley", 202752, TRAFFIC_COMPANY, false},
    {"University of California, San Diego", 12070400, TRAFFIC_COMPANY, false},
    {"University of Colorado at Boulder", 91136, TRAFFIC_COMPANY, false},
    {"University of Illinois", 210944, TRAFFIC_COMPANY, false},
    {"University of Maryland", 133632, TRAFFIC_COMPANY, false},
    {"University of Missouri-Columbia", 138496, TRAFFIC_COMPANY, true},
    {"University of Washington", 238080, TRAFFIC_COMPANY, false},
    {"Valley View University - Valley View University", 8192, TRAFFIC_COMPANY, true},
    {"Volkswagen AG", 97792, TRAFFIC_COMPANY, false},
    {"Volkswagen Group of America, Inc.", 61440, TRAFFIC_COMPANY, false},
    {"Washington State University", 2816, TRAFFIC_COMPANY, true},
    {"WSFS Bank", 512, TRAFFIC_COMPANY, true},
    {"YANDEX LLC", 187392, TRAFFIC_COMPANY, false},
    {"1337 Services GmbH", 5632, TRAFFIC_HOSTING, false},
    {"Akamai International B.V.", 7927488, TRAFFIC_HOSTING, false},
    {"Akamai Technologies, Inc.", 1277696, TRAFFIC_HOSTING, false},
    {"ALEXHOST SRL", 43264, TRAFFIC_HOSTING, false},
    {"Alibaba (US) Technology Co., Ltd.", 6028544, TRAFFIC_HOSTING, false},
    {"Amazon.com, Inc.", 156651392, TRAFFIC_HOSTING, false},
    {"B2 Net Solutions Inc.", 315648, TRAFFIC_HOSTING, false},
    {"BIT BV", 58368, TRAFFIC_HOSTING, false},
    {"Cloudflare, Inc.", 1615360, TRAFFIC_HOSTING, false},
    {"Clouvider Limited", 369664, TRAFFIC_HOSTING, false},
    {"Combell NV", 87296, TRAFFIC_HOSTING, false},
    {"Contabo GmbH", 480768, TRAFFIC_HOSTING, false},
    {"Datacamp Limited", 135168, TRAFFIC_HOSTING, false},
    {"DataWeb Global Group B.V.", 73728, TRAFFIC_HOSTING, false},
    {"DigitalOcean, LLC", 3183616, TRAFFIC_HOSTING, false},
    {"Edgecast Inc.", 2048, TRAFFIC_HOSTING, false},
    {"Fastly, Inc.", 360960, TRAFFIC_HOSTING, false},
    {"firstcolo GmbH", 149760, TRAFFIC_HOSTING, false},
    {"Flexential Colorado Corp.", 506624, TRAFFIC_HOSTING, false},
    {"FranTech Solutions", 36352, TRAFFIC_HOSTING, false},
    {"G-Core Labs S.A.", 143616, TRAFFIC_HOSTING, false},
    {"GoDaddy.com, LLC", 612096, TRAFFIC_HOSTING, false},
    {"Google LLC", 19948544, TRAFFIC_HOSTING, false},
    {"Hangzhou Alibaba Advertising Co.,Ltd.", 16888832, TRAFFIC_HOSTING, false},
    {"Hetzner Online GmbH", 3238144, TRAFFIC_HOSTING, false},
    {"HIVELOCITY, Inc.", 506944, TRAFFIC_HOSTING, false},
    {"Hostinger International Limited", 1213184, TRAFFIC_HOSTING, false},
    {"HostPapa", 958208, TRAFFIC_HOSTING, false},
    {"Huawei Cloud Service data center", 1635840, TRAFFIC_HOSTING, false},
    {"HUAWEI INTERNATIONAL PTE. LTD.", 1198848, TRAFFIC_HOSTING, false},
    {"IBM Cloud", 3628800, TRAFFIC_HOSTING, false},
    {"Internap Holding LLC", 347136, TRAFFIC_HOSTING, false},
    {"Internetmanufaktur Karlsruhe UG (haftungsbeschraenkt)", 1024, TRAFFIC_HOSTING, true},
    {"Interserver, Inc", 177408, TRAFFIC_HOSTING, false},
    {"IONOS SE", 772608, TRAFFIC_HOSTING, false},
    {"IP Volume inc", 15360, TRAFFIC_HOSTING, false},
    {"Leaseweb Deutschland GmbH", 112640, TRAFFIC_HOSTING, false},
    {"LeaseWeb Netherlands B.V.", 428800, TRAFFIC_HOSTING, false},
    {"LeaseWeb Network B.V.", 2560, TRAFFIC_HOSTING, false},
    {"Microsoft Corporation", 80754944, TRAFFIC_HOSTING, false},
    {"MULTACOM CORPORATION", 504320, TRAFFIC_HOSTING, false},
    {"Namecheap, Inc.", 89728, TRAFFIC_HOSTING, false},
    {"netcup GmbH", 190976, TRAFFIC_HOSTING, false},
    {"Network Solutions, LLC", 217088, TRAFFIC_HOSTING, false},
    {"Neue Medien Muennich GmbH", 20736, TRAFFIC_HOSTING, false},
    {"Ntirety, Inc.", 54528, TRAFFIC_HOSTING, false},
    {"Oracle Corporation", 5165056, TRAFFIC_HOSTING, false},
    {"OVH SAS", 4627456, TRAFFIC_HOSTING, false},
    {"Packet Host, Inc.", 7424, TRAFFIC_HOSTING, false},
    {"Psychz Networks", 196608, TRAFFIC_HOSTING, false},
    {"QuadraNet Enterprises LLC", 1280, TRAFFIC_HOSTING, false},
    {"Ravand Cybertech Inc.", 1280, TRAFFIC_HOSTING, true},
    {"ReliableSite.Net LLC", 48384, TRAFFIC_HOSTING, false},
    {"Scaleway SAS", 570880, TRAFFIC_HOSTING, false},
    {"Serverius Holding B.V.", 59136, TRAFFIC_HOSTING, false},
    {"Sharktech", 124672, TRAFFIC_HOSTING, false},
    {"Shenzhen Tencent Computer Systems Company Limited", 6907392, TRAFFIC_HOSTING, false},
    {"Signet B.V.", 176128, TRAFFIC_HOSTING, false},
    {"The Constant Company, LLC", 1499392, TRAFFIC_HOSTING, false},
    {"Tigron bv", 8448, TRAFFIC_HOSTING, true},
    {"Unified Layer", 622592, TRAFFIC_HOSTING, false},
    {"velia.net", 63232, TRAFFIC_HOSTING, false},
    {"velia.net Internetdienste GmbH", 215552, TRAFFIC_HOSTING, false},
    {"WorldStream B.V.", 74240, TRAFFIC_HOSTING, false},
    {"1&1 Versatel GmbH", 1810176, TRAFFIC_PROVIDER, false},
    {"A1 Telekom Austria AG", 2738688, TRAFFIC_PROVIDER, false},
    {"Arelion Sweden AB", 426240, TRAFFIC_PROVIDER, false},
    {"AT&T Corp.", 1381280, TRAFFIC_PROVIDER, false},
    {"AT&T Enterprises, LLC", 90392696, TRAFFIC_PROVIDER, false},
    {"Bell Canada", 6834944, TRAFFIC_PROVIDER, false},
    {"Bharat Sanchar Nigam Ltd", 6179328, TRAFFIC_PROVIDER, false},
    {"Bharti Airtel Limited", 2126848, TRAFFIC_PROVIDER, false},
    {"BIZNET NETWORKS", 121344, TRAFFIC_PROVIDER, false},
    {"Blue Spring Broadband", 768, TRAFFIC_PROVIDER, true},
    {"Bouygues Telecom SA", 7087616, TRAFFIC_PROVIDER, false},
    {"British Telecommunications PLC", 13823264, TRAFFIC_PROVIDER, false},
    {"CABO SERVICOS DE TELECOMUNICACOES LTDA", 289536, TRAFFIC_PROVIDER, false},
    {"CCANET Limited", 2048, TRAFFIC_PROVIDER, false},
    {"CENIC", 1936320, TRAFFIC_PROVIDER, false},
    {"CENTROSULNET INFORMATICA EIRELI", 1024, TRAFFIC_PROVIDER, true},
    {"CenturyLink Communications, LLC", 15654048, TRAFFIC_PROVIDER, false},
    {"Charter Communications", 12957696, TRAFFIC_PROVIDER, false},
    {"Charter Communications Inc", 7427584, TRAFFIC_PROVIDER, false},
    {"China Broadcasting Network Yunnan Co.,Ltd", 512, TRAFFIC_PROVIDER, true},
    {"China Education and Research Network Center", 16735748, TRAFFIC_PROVIDER, false},
    {"China Mobile", 17835264, TRAFFIC_PROVIDER, false},
    {"CHINA UNICOM China169 Backbone", 59660288, TRAFFIC_PROVIDER, false},
    {"Chinanet", 100935424, TRAFFIC_PROVIDER, false},
    {"Claranet Limited", 903936, TRAFFIC_PROVIDER, false},
    {"Claro NXT Telecomunicacoes Ltda", 9957632, TRAFFIC_PROVIDER, false},
    {"CLARO S.A.", 5221120, TRAFFIC_PROVIDER, false},
    {"Cogent Communications", 24808064, TRAFFIC_PROVIDER, false},
    {"COLT Technology Services Group Limited", 1497600, TRAFFIC_PROVIDER, false},
    {"Comcast Cable Communications, LLC", 67801856, TRAFFIC_PROVIDER, false},
    {"CONECTIVA INFORMATICA E TELECOMUNICACOES LTDA - ME", 3072, TRAFFIC_PROVIDER, true},
    {"Cox Communications Inc.", 12675072, TRAFFIC_PROVIDER, false},
    {"Cyprus Telecommunications Authority", 543232, TRAFFIC_PROVIDER, false},
    {"Deutsche Telekom AG", 34403072, TRAFFIC_PROVIDER, false},
    {"DFL Servicos de Telecomunicacoes LTDA - ME", 1024, TRAFFIC_PROVIDER, true},
    {"DIGI ROMANIA S.A.", 1785088, TRAFFIC_PROVIDER, false},
    {"DNA Oyj", 1890816, TRAFFIC_PROVIDER, false},
    {"Enlink Ltd", 3072, TRAFFIC_PROVIDER, true},
    {"ETISALAT MISR", 6277120, TRAFFIC_PROVIDER, false},
    {"Fastweb SpA", 3563008, TRAFFIC_PROVIDER, false},
    {"FiberState, LLC", 30208, TRAFFIC_PROVIDER, true},
    {"FPT Telecom Company", 1422080, TRAFFIC_PROVIDER, false},
    {"Free SAS", 9363456, TRAFFIC_PROVIDER, false},
    {"Frontier Communications of America, Inc.", 10270464, TRAFFIC_PROVIDER, false},
    {"Gigaair Ltd", 768, TRAFFIC_PROVIDER, true},
    {"Global (India) Tele-Infra Pvt Ltd", 2048, TRAFFIC_PROVIDER, true},
    {"GTT Communications Inc.", 5216000, TRAFFIC_PROVIDER, false},
    {"Guest-Tek Interactive Entertainment LTD", 13056, TRAFFIC_PROVIDER, true},
    {"Hispar Networks Pvt Ltd", 512, TRAFFIC_PROVIDER, true},
    {"Hrvatski Telekom d.d.", 1124608, TRAFFIC_PROVIDER, false},
    {"Hurricane Electric LLC", 378880, TRAFFIC_PROVIDER, false},
    {"Instituto Costarricense de Electricidad y Telecom.", 1471744, TRAFFIC_PROVIDER, false},
    {"Internet Initiative Japan Inc.", 3915008, TRAFFIC_PROVIDER, false},
    {"Invista Net Telecom Ltda", 1024, TRAFFIC_PROVIDER, true},
    {"IOT Jiangsu network, Chinatelecom, P.R.China.", 41728, TRAFFIC_PROVIDER, true},
    {"Jisc Services Limited", 6942720, TRAFFIC_PROVIDER, false},
    {"KDDI CORPORATION", 18073856, TRAFFIC_PROVIDER, false},
    {"Korea Telecom", 46390996, TRAFFIC_PROVIDER, false},
    {"KPN B.V.", 7581696, TRAFFIC_PROVIDER, false},
    {"Level 3 Communications, Inc.", 27552928, TRAFFIC_PROVIDER, false},
    {"LG DACOM Corporation", 8183296, TRAFFIC_PROVIDER, false},
    {"Liberty Global B.V.", 1174016, TRAFFIC_PROVIDER, false},
    {"Lider-net Ltd.", 1024, TRAFFIC_PROVIDER, true},
    {"Linknet-Fastnet ASN", 935424, TRAFFIC_PROVIDER, false},
    {"Liquid Telecommunications Ltd", 2048, TRAFFIC_PROVIDER, false},
    {"MELO TELECOMUNICACOES LTDA", 8192, TRAFFIC_PROVIDER, true},
    {"Merit Network Inc.", 2210432, TRAFFIC_PROVIDER, false},
    {"MTS PJSC", 1607680, TRAFFIC_PROVIDER, false},
    {"Net IP Ltd.", 1792, TRAFFIC_PROVIDER, true},
    {"Netia SA", 1619712, TRAFFIC_PROVIDER, false},
    {"Nova Telecommunications & Media Single Member S.A", 608768, TRAFFIC_PROVIDER, false},
    {"NTT America, Inc.", 4961584, TRAFFIC_PROVIDER, false},
    {"NTT Communications Corporation", 28627968, TRAFFIC_PROVIDER, false},
    {"NTT Global Networks Incorporated", 768, TRAFFIC_PROVIDER, true},
    {"Orange Espagne SA", 7059200, TRAFFIC_PROVIDER, false},
    {"Orange Polska Spolka Akcyjna", 5478400, TRAFFIC_PROVIDER, false},
    {"Orange Romania S.A.", 228864, TRAFFIC_PROVIDER, false},
    {"Orange S.A.", 20143104, TRAFFIC_PROVIDER, false},
    {"Ote SA (Hellenic Telecommunications Organisation)", 1957888, TRAFFIC_PROVIDER, false},
    {"pgf telecomunicacoes ltda", 2048, TRAFFIC_PROVIDER, true},
    {"PJSC MegaFon", 458496, TRAFFIC_PROVIDER, false},
    {"PJSC Moscow city telephone network", 467200, TRAFFIC_PROVIDER, false},
    {"PJSC Rostelecom", 8950016, TRAFFIC_PROVIDER, false},
    {"Polkomtel Sp. z o.o.", 422656, TRAFFIC_PROVIDER, false},
    {"Proximus NV", 3917312, TRAFFIC_PROVIDER, false},
    {"PT Mulia Batam Net", 1280, TRAFFIC_PROVIDER, true},
    {"PT. Telekomunikasi Selular", 5795584, TRAFFIC_PROVIDER, false},
    {"Reliance Jio Infocomm Limited", 4231168, TRAFFIC_PROVIDER, false},
    {"Research Organization of Information and Systems, National Institute of Informa", 8769344, TRAFFIC_PROVIDER, false},
    {"Rogers Communications Canada Inc.", 5668608, TRAFFIC_PROVIDER, false},
    {"Sail Internet, Inc.", 14592, TRAFFIC_PROVIDER, true},
    {"Salt Mobile SA", 98304, TRAFFIC_PROVIDER, false},
    {"SEACOM Limited", 1072896, TRAFFIC_PROVIDER, false},
    {"Shaw Communications", 5313792, TRAFFIC_PROVIDER, false},
    {"SingTel Optus Pty Ltd", 523264, TRAFFIC_PROVIDER, false},
    {"SK Broadband Co Ltd", 14595584, TRAFFIC_PROVIDER, false},
    {"Sky UK Limited", 6908160, TRAFFIC_PROVIDER, false},
    {"Societe Francaise Du Radiotelephone - SFR SA", 15820288, TRAFFIC_PROVIDER, false},
    {"SoftBank Corp.", 38179072, TRAFFIC_PROVIDER, false},
    {"Sona Network B.V.", 11520, TRAFFIC_PROVIDER, true},
    {"Space Exploration Technologies Corporation", 814592, TRAFFIC_PROVIDER, false},
    {"SUN FIELD INTERNET LIMITED", 45056, TRAFFIC_PROVIDER, true},
    {"Sunrise GmbH", 1990912, TRAFFIC_PROVIDER, false},
    {"Surf Air Wireless, LLC", 168960, TRAFFIC_PROVIDER, true},
    {"SURF B.V.", 7524832, TRAFFIC_PROVIDER, false},
    {"Swisscom (Schweiz) AG", 3645440, TRAFFIC_PROVIDER, false},
    {"T-Mobile Austria GmbH", 1557248, TRAFFIC_PROVIDER, false},
    {"T-Mobile USA, Inc.", 14050048, TRAFFIC_PROVIDER, false},
    {"TalkTalk Communications Limited", 4282624, TRAFFIC_PROVIDER, false},
    {"TDC Holding A/S", 5246976, TRAFFIC_PROVIDER, false},
    {"TE-AS", 7586560, TRAFFIC_PROVIDER, false},
    {"Tele2 Sverige AB", 6814720, TRAFFIC_PROVIDER, false},
    {"Telecom Argentina S.A.", 8375296, TRAFFIC_PROVIDER, false},
    {"Telecom Italia S.p.A.", 20686592, TRAFFIC_PROVIDER, false},
    {"Telecompany LiS LTD", 2560, TRAFFIC_PROVIDER, true},
    {"TELEFONICA BRASIL S.A", 10916608, TRAFFIC_PROVIDER, false},
    {"Telefonica de Argentina", 4337416, TRAFFIC_PROVIDER, false},
    {"TELEFONICA DE ESPANA S.A.U.", 10782464, TRAFFIC_PROVIDER, false},
    {"Telefonica Germany GmbH & Co.OHG", 8356096, TRAFFIC_PROVIDER, false},
    {"Telekomunikasi Indonesia (PT)", 4267008, TRAFFIC_PROVIDER, false},
    {"Telemach Slovenija d.o.o.", 350464, TRAFFIC_PROVIDER, false},
    {"Telenet BV", 2305536, TRAFFIC_PROVIDER, false},
    {"Telenor Norge AS", 4247056, TRAFFIC_PROVIDER, false},
    {"Telia Company AB", 6872064, TRAFFIC_PROVIDER, false},
    {"Telia Finland Oyj", 3400448, TRAFFIC_PROVIDER, false},
    {"Telstra Limited", 13392128, TRAFFIC_PROVIDER, false},
    {"TELUS Communications Inc.", 4716544, TRAFFIC_PROVIDER, false},
    {"TERESINA TELECOMUNICACOES LTDA", 1024, TRAFFIC_PROVIDER, true},
    {"TIM S/A", 9807872, TRAFFIC_PROVIDER, false},
    {"TM TECHNOLOGY SERVICES SDN BHD", 3459840, TRAFFIC_PROVIDER, false},
    {"Tokoname New-TV Corporation", 20480, TRAFFIC_PROVIDER, true},
    {"TOT Public Company Limited", 1170944, TRAFFIC_PROVIDER, false},
    {"TRUE INTERNET CORPORATION CO. LTD.", 1327616, TRAFFIC_PROVIDER, false},
    {"TT DOTCOM SDN BHD", 741376, TRAFFIC_PROVIDER, false},
    {"TTNet A.S.", 104448, TRAFFIC_PROVIDER, false},
    {"Turk Telekomunikasyon Anonim Sirketi", 6856704, TRAFFIC_PROVIDER, false},
    {"UAB Kvartalo Tinklas", 3328, TRAFFIC_PROVIDER, true},
    {"Uninet S.A. de C.V.", 13524224, TRAFFIC_PROVIDER, false},
    {"Varna Net Ltd.", 4608, TRAFFIC_PROVIDER, true},
    {"Verein zur Foerderung eines Deutschen Forschungsnetzes e.V.", 7662848, TRAFFIC_PROVIDER, false},
    {"Verizon Business", 40618240, TRAFFIC_PROVIDER, false},
    {"Viettel Group", 4986368, TRAFFIC_PROVIDER, false},
    {"Virgin Media Limited", 8494848, TRAFFIC_PROVIDER, false},
    {"Vivacom Bulgaria EAD", 775680, TRAFFIC_PROVIDER, false},
    {"VNPT Corp", 7651072, TRAFFIC_PROVIDER, false},
    {"VODAFONE ESPANA S.A.U.", 4059648, TRAFFIC_PROVIDER, false},
    {"Vodafone GmbH", 12774656, TRAFFIC_PROVIDER, false},
    {"Vodafone Group PLC", 2326528, TRAFFIC_PROVIDER, false},
    {"Vodafone Italia S.p.A.", 5583360, TRAFFIC_PROVIDER, false},
    {"Vodafone Libertel B.V.", 6591488, TRAFFIC_PROVIDER, false},
    {"VODAFONE ONO, S.A.", 1502720, TRAFFIC_PROVIDER, false},
    {"VODAFONE-PANAFON HELLENIC TELECOMMUNICATIONS COMPANY SA", 1146624, TRAFFIC_PROVIDER, false},
    {"VOO S.A.", 422912, TRAFFIC_PROVIDER, false},
    {"WIND TRE S.P.A.", 7348224, TRAFFIC_PROVIDER, false},
    {"Windstream Communications LLC", 10169088, TRAFFIC_PROVIDER, false},
    {"Zayo Bandwidth", 1593856, TRAFFIC_PROVIDER, false},
    /* clang-format on */
};
#define N (sizeof(owners) / sizeof(owners[0]))

static struct traffic_kind kind_of(const char *name, int64_t addresses)
{
    struct traffic_network network = {
        .number = 1, .owner = str_from(name), .addresses = addresses};
    return traffic_kind(&network);
}

struct tally {
    int right[TRAFFIC__END], told[TRAFFIC__END], are[TRAFFIC__END];
};

static struct tally count(bool lot)
{
    struct tally tally = {{0}, {0}, {0}};
    for (size_t i = 0; i < N; i++) {
        enum traffic_verdict verdict = kind_of(owners[i].name, owners[i].addresses).verdict;
        if (lot && !owners[i].lot) {
            continue;
        }
        tally.are[owners[i].is]++;
        tally.told[verdict]++;
        tally.right[verdict] += verdict == owners[i].is ? 1 : 0;
        if (verdict != owners[i].is && !lot) {
            print_message("# %s is told to be %s\n", owners[i].name,
                          traffic_verdict_name((int)verdict));
        }
    }
    for (int i = TRAFFIC_COMPANY; i <= TRAFFIC_HOSTING; i++) {
        print_message("# %s: %s: precision %.3f, recall %.3f, of %d\n", lot ? "by lot" : "all",
                      traffic_verdict_name(i), (double)tally.right[i] / tally.told[i],
                      (double)tally.right[i] / tally.are[i], tally.are[i]);
    }
    return tally;
}

/* Companies are what matters: who is shown as one and is none is a lie on a board. */
static void owners_are_told_apart(void **state)
{
    (void)state;
    struct tally all = count(false), lot = count(true);
    assert_true(all.right[TRAFFIC_COMPANY] * 100 >= all.told[TRAFFIC_COMPANY] * 85);
    assert_true(all.right[TRAFFIC_COMPANY] * 100 >= all.are[TRAFFIC_COMPANY] * 95);
    assert_true(all.right[TRAFFIC_PROVIDER] * 100 >= all.are[TRAFFIC_PROVIDER] * 90);
    assert_true(all.right[TRAFFIC_HOSTING] * 100 >= all.are[TRAFFIC_HOSTING] * 75);
    assert_true(lot.right[TRAFFIC_COMPANY] * 100 >= lot.told[TRAFFIC_COMPANY] * 70);
    assert_true(lot.right[TRAFFIC_COMPANY] * 100 >= lot.are[TRAFFIC_COMPANY] * 90);
}

static void odd_names(void **state)
{
    char many[3000];
    (void)state;
    memset(many, 'a', sizeof(many) - 1);
    many[sizeof(many) - 1] = '\0';
    assert_int_equal(kind_of("", 0).verdict, TRAFFIC_UNKNOWN);
    assert_int_equal(kind_of("  ,. ", 0).verdict, TRAFFIC_COMPANY);
    assert_int_equal(kind_of(many, 0).verdict, TRAFFIC_COMPANY);
    for (size_t i = 1; i < 2998; i += 2) {
        many[i] = ' ';
    }
    assert_int_equal(kind_of(many, 0).verdict, TRAFFIC_COMPANY);
    assert_int_equal(kind_of("BT", 0).verdict, TRAFFIC_PROVIDER);
    assert_int_equal(kind_of("BTC Industries", 0).verdict, TRAFFIC_COMPANY);
    assert_int_equal(kind_of("Google Fiber Inc.", 0).verdict, TRAFFIC_PROVIDER);
    assert_int_equal(kind_of("Zoom Video Communications, Inc", 0).verdict, TRAFFIC_COMPANY);
    assert_int_equal(kind_of("Acme Holding", TRAFFIC_LARGE + 1).reason, TRAFFIC_BY_SIZE);
    assert_true(kind_of("Mimecast Services Limited", 0).mail_security);
}

/* ---- sessions ---- */

struct session {
    const char *owner;
    bool mail, acts;
    double seconds;
    enum traffic_verdict is;
    enum traffic_reason reason;
};

/* Mails as gateways and as people treat them. */
static const struct session sessions[] = {
    {"Proofpoint, Inc.", true, true, 0.4, TRAFFIC_SCANNER, TRAFFIC_BY_VENDOR},
    {"Mimecast Services Limited", true, false, 0, TRAFFIC_SCANNER, TRAFFIC_BY_VENDOR},
    {"Proofpoint, Inc.", true, true, 600, TRAFFIC_SCANNER, TRAFFIC_BY_VENDOR},
    {"Proofpoint, Inc.", false, true, 600, TRAFFIC_COMPANY, TRAFFIC_BY_LIST},
    {"Microsoft Corporation", true, true, 1.5, TRAFFIC_SCANNER, TRAFFIC_BY_HASTE},
    {"Amazon.com, Inc.", true, true, 0, TRAFFIC_SCANNER, TRAFFIC_BY_HASTE},
    {"Amazon.com, Inc.", true, true, 9.9, TRAFFIC_SCANNER, TRAFFIC_BY_HASTE},
    {"Amazon.com, Inc.", true, true, 10, TRAFFIC_HOSTING, TRAFFIC_BY_LIST},
    {"Zscaler, Inc.", true, true, 300, TRAFFIC_HOSTING, TRAFFIC_BY_LIST},
    {"Amazon.com, Inc.", false, true, 0, TRAFFIC_HOSTING, TRAFFIC_BY_LIST},
    {"Microsoft Corporation", true, false, 0, TRAFFIC_SCANNER, TRAFFIC_BY_OPENING},
    {"Google LLC", true, false, 0, TRAFFIC_HOSTING, TRAFFIC_BY_LIST},
    {"Google LLC", true, true, 0, TRAFFIC_SCANNER, TRAFFIC_BY_HASTE},
    {"Deutsche Telekom AG", true, true, 0, TRAFFIC_PROVIDER, TRAFFIC_BY_WORD},
    {"Deutsche Telekom AG", true, false, 0, TRAFFIC_PROVIDER, TRAFFIC_BY_WORD},
    {"SIEMENS AG", true, true, 0, TRAFFIC_COMPANY, TRAFFIC_BY_NAME},
    {"SIEMENS AG", true, false, 0, TRAFFIC_COMPANY, TRAFFIC_BY_NAME},
    {"", true, true, 0, TRAFFIC_UNKNOWN, TRAFFIC_BY_NOTHING},
};

static struct traffic_session session_of(const struct session *s)
{
    return (struct traffic_session){.kind = kind_of(s->owner, 0),
                                    .mail = s->mail,
                                    .acts = s->acts,
                                    .judged = true,
                                    .lasted_us = (int64_t)llround(s->seconds * 1e6)};
}

static void sessions_are_judged(void **state)
{
    int right = 0, told = 0, are = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
        enum traffic_reason reason;
        struct traffic_session session = session_of(&sessions[i]);
        enum traffic_verdict verdict = traffic_judge(&session, &reason);
        are += sessions[i].is == TRAFFIC_SCANNER ? 1 : 0;
        told += verdict == TRAFFIC_SCANNER ? 1 : 0;
        right += verdict == TRAFFIC_SCANNER && sessions[i].is == TRAFFIC_SCANNER ? 1 : 0;
        if (verdict != sessions[i].is || reason != sessions[i].reason) {
            fail_msg("%s, %d, %d, %.1f s: %s", sessions[i].owner, sessions[i].mail,
                     sessions[i].acts, sessions[i].seconds, traffic_verdict_name((int)verdict));
        }
    }
    print_message("# mail scanners: precision %.3f, recall %.3f, of %d\n", (double)right / told,
                  (double)right / are, are);
}

static void the_team_knows_best(void **state)
{
    enum traffic_reason reason;
    struct traffic_session session = session_of(&sessions[0]);
    (void)state;
    session.said = TRAFFIC_PERSON;
    session.said_by = TRAFFIC_BY_HAND_SESSION;
    assert_int_equal(traffic_judge(&session, &reason), TRAFFIC_PERSON);
    assert_int_equal(reason, TRAFFIC_BY_HAND_SESSION);
    session.said = TRAFFIC_OFFICE;
    session.said_by = TRAFFIC_BY_HAND_PLACE;
    assert_int_equal(traffic_judge(&session, &reason), TRAFFIC_OFFICE);
    /* A hoster by the team's word has scanners as others have. */
    session = session_of(&sessions[15]);
    session.said = TRAFFIC_HOSTING;
    session.said_by = TRAFFIC_BY_HAND_NETWORK;
    assert_int_equal(traffic_judge(&session, &reason), TRAFFIC_SCANNER);
    session.said = TRAFFIC_PROVIDER;
    assert_int_equal(traffic_judge(&session, &reason), TRAFFIC_PROVIDER);
    assert_int_equal(reason, TRAFFIC_BY_HAND_NETWORK);
    session.said = TRAFFIC_BOT;
    assert_int_equal(traffic_judge(&session, &reason), TRAFFIC_BOT);
    assert_false(traffic_counts(TRAFFIC_BOT));
    assert_true(traffic_counts(TRAFFIC_PERSON));
    session = session_of(&sessions[0]);
    session.judged = false;
    assert_int_equal(traffic_judge(&session, &reason), TRAFFIC_COMPANY);
}

static void words(void **state)
{
    (void)state;
    for (int i = TRAFFIC_COMPANY; i < TRAFFIC__END; i++) {
        assert_true(strlen(traffic_verdict_name(i)) > 2);
    }
    assert_string_equal(traffic_verdict_name(-1), "");
    assert_string_equal(traffic_verdict_name(99), "");
    for (int i = 0; i < TRAFFIC_REASON__END; i++) {
        assert_true(strlen(traffic_reason_text(i, 0)) > 10);
    }
    assert_string_equal(traffic_reason_text(99, 0), "");
}

static void places(void **state)
{
    const uint8_t key[CRYPT_KEY_BYTES] = {1}, other[CRYPT_KEY_BYTES] = {2};
    (void)state;
    int64_t place = traffic_place(key, 1, STR("192.0.2.1"));
    assert_int_not_equal(place, 0);
    assert_int_equal(traffic_place(key, 1, STR("192.0.2.254")), place);
    assert_int_equal(traffic_place(key, 1, STR("::ffff:192.0.2.9")), place);
    assert_int_not_equal(traffic_place(key, 1, STR("192.0.3.1")), place);
    assert_int_not_equal(traffic_place(key, 2, STR("192.0.2.1")), place);
    assert_int_not_equal(traffic_place(other, 1, STR("192.0.2.1")), place);
    assert_int_equal(traffic_place(key, 1, STR("2001:db8:1:2::3")),
                     traffic_place(key, 1, STR("2001:db8:1:ffff::1")));
    assert_int_not_equal(traffic_place(key, 1, STR("2001:db8:1::")),
                         traffic_place(key, 1, STR("2001:db8:2::")));
    static const char *const none[] = {
        "", "unix:", "192.0.2", "192.0.2.256", "host.example", "2001:db8::g", "1.2.3.4 "};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(traffic_place(key, 1, str_from(none[i])), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owners_are_told_apart),
        cmocka_unit_test(odd_names),
        cmocka_unit_test(sessions_are_judged),
        cmocka_unit_test(the_team_knows_best),
        cmocka_unit_test(words),
        cmocka_unit_test(places),
    };
    if (!crypt_init()) {
        return 1;
    }
    return cmocka_run_group_tests_name("traffic", tests, NULL, NULL);
}
