// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/types.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace inlet53::dns {

namespace {

struct Mnemonic {
  uint16_t type;
  std::string_view text;
};

// The types of ldns 1.8, in order. It cannot read the other mnemonics in IANA's list.
constexpr Mnemonic kMnemonics[] = {
    {1, "A"},           {2, "NS"},       {3, "MD"},          {4, "MF"},      {5, "CNAME"},
    {6, "SOA"},         {7, "MB"},       {8, "MG"},          {9, "MR"},      {10, "NULL"},
    {11, "WKS"},        {12, "PTR"},     {13, "HINFO"},      {14, "MINFO"},  {15, "MX"},
    {16, "TXT"},        {17, "RP"},      {18, "AFSDB"},      {19, "X25"},    {20, "ISDN"},
    {21, "RT"},         {22, "NSAP"},    {23, "NSAP-PTR"},   {24, "SIG"},    {25, "KEY"},
    {26, "PX"},         {27, "GPOS"},    {28, "AAAA"},       {29, "LOC"},    {30, "NXT"},
    {31, "EID"},        {32, "NIMLOC"},  {33, "SRV"},        {34, "ATMA"},   {35, "NAPTR"},
    {36, "KX"},         {37, "CERT"},    {38, "A6"},         {39, "DNAME"},  {40, "SINK"},
    {41, "OPT"},        {42, "APL"},     {43, "DS"},         {44, "SSHFP"},  {45, "IPSECKEY"},
    {46, "RRSIG"},      {47, "NSEC"},    {48, "DNSKEY"},     {49, "DHCID"},  {50, "NSEC3"},
    {51, "NSEC3PARAM"}, {52, "TLSA"},    {53, "SMIMEA"},     {55, "HIP"},    {58, "TALINK"},
    {59, "CDS"},        {60, "CDNSKEY"}, {61, "OPENPGPKEY"}, {62, "CSYNC"},  {63, "ZONEMD"},
    {64, "SVCB"},       {65, "HTTPS"},   {99, "SPF"},        {104, "NID"},   {105, "L32"},
    {106, "L64"},       {107, "LP"},     {108, "EUI48"},     {109, "EUI64"}, {249, "TKEY"},
    {250, "TSIG"},      {251, "IXFR"},   {252, "AXFR"},      {253, "MAILB"}, {254, "MAILA"},
    {255, "ANY"},       {256, "URI"},    {257, "CAA"},       {32769, "DLV"},
};

// Mnemonics that IANA has and ldns 1.8 does not. The parser accepts them; the writer does not use
// them, so that ldns can read its text.
constexpr Mnemonic kReadMnemonics[] = {
    {56, "NINFO"},  {57, "RKEY"}, {66, "DSYNC"},     {67, "HHIT"},     {68, "BRID"},
    {100, "UINFO"}, {101, "UID"}, {102, "GID"},      {103, "UNSPEC"},  {128, "NXNAME"},
    {258, "AVC"},   {259, "DOA"}, {260, "AMTRELAY"}, {261, "RESINFO"}, {262, "WALLET"},
    {263, "CLA"},   {264, "IPN"}, {32768, "TA"},
};

// A mnemonic of fixed size, so that writing it takes a few moves and no loop.
struct PaddedText {
  char octets[15] = {};
  uint8_t size = 0;

  constexpr PaddedText() = default;
  constexpr explicit PaddedText(std::string_view text) : size(static_cast<uint8_t>(text.size())) {
    std::copy(text.begin(), text.end(), octets);
  }
};

// Types below this are found by index; DLV, the last one, has a much higher number.
constexpr uint16_t kDenseEnd = 258;
constexpr uint16_t kDlv = 32769;

constexpr auto kDense = [] {
  std::array<PaddedText, kDenseEnd> out{};
  for (const Mnemonic& m : kMnemonics) {
    if (m.type < kDenseEnd) out[m.type] = PaddedText(m.text);
  }
  return out;
}();
constexpr PaddedText kDlvText("DLV");
constexpr PaddedText kNoText;

const PaddedText& find_text(uint16_t type) noexcept {
  if (type < kDenseEnd) return kDense[type];
  return type == kDlv ? kDlvText : kNoText;
}

constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool equals_ignoring_case(std::string_view text, std::string_view upper_case) noexcept {
  return std::equal(text.begin(), text.end(), upper_case.begin(), upper_case.end(),
                    [](char a, char b) { return upper(a) == b; });
}

size_t write_text(std::string_view text, char* out) noexcept {
  std::memcpy(out, text.data(), text.size());
  return text.size();
}

// `TYPE65280`, `CLASS7` (RFC 3597 §5).
size_t write_numbered(std::string_view prefix, uint16_t number, char* out) noexcept {
  const size_t size = write_text(prefix, out);
  constexpr size_t kMaxDigits = 5;
  return static_cast<size_t>(std::to_chars(out + size, out + size + kMaxDigits, number).ptr - out);
}

}  // namespace

std::string_view type_mnemonic(uint16_t type) noexcept {
  const PaddedText& text = find_text(type);
  return {text.octets, text.size};
}

size_t write_type(uint16_t type, char* out) noexcept {
  const PaddedText& text = find_text(type);
  if (text.size == 0) return write_numbered("TYPE", type, out);
  std::memcpy(out, text.octets, sizeof text.octets);
  return text.size;
}

std::string type_text(uint16_t type) {
  char text[16];
  return {text, write_type(type, text)};
}

std::optional<uint16_t> parse_type(std::string_view text) noexcept {
  for (const Mnemonic& m : kMnemonics) {
    if (equals_ignoring_case(text, m.text)) return m.type;
  }
  for (const Mnemonic& m : kReadMnemonics) {
    if (equals_ignoring_case(text, m.text)) return m.type;
  }
  constexpr std::string_view kPrefix = "TYPE";
  if (!equals_ignoring_case(text.substr(0, kPrefix.size()), kPrefix)) return std::nullopt;
  uint16_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + kPrefix.size(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

size_t write_class(uint16_t rrclass, char* out) noexcept {
  switch (static_cast<RRClass>(rrclass)) {
    case RRClass::IN:
      return write_text("IN", out);
    case RRClass::CH:
      return write_text("CH", out);
    case RRClass::HS:
      return write_text("HS", out);
    case RRClass::NONE:
      return write_text("NONE", out);
    case RRClass::ANY:
      return write_text("ANY", out);
  }
  return write_numbered("CLASS", rrclass, out);
}

std::string_view rcode_text(Rcode rcode) noexcept {
  static constexpr std::string_view kTexts[] = {
      "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",  "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
      "NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI", "",        "",        "",         "",
      "BADVERS", "BADKEY",  "BADTIME",  "BADMODE",   "BADNAME", "BADALG",  "BADTRUNC", "BADCOOKIE",
  };
  const auto number = static_cast<size_t>(rcode);
  return number < std::size(kTexts) ? kTexts[number] : std::string_view{};
}

}  // namespace inlet53::dns
