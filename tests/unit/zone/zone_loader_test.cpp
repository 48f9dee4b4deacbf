// SPDX-License-Identifier: Apache-2.0
#include "inlet53/zone/zone_loader.h"

#include <filesystem>
#include <fstream>

#include "zone_loader_support.h"
#include <sys/resource.h>

namespace inlet53::zone {
namespace {

using Lines = std::vector<std::string>;

TEST(ZoneLoader, LoadsASmallZone) {
  EXPECT_EQ(lines_of(load("$TTL 1h\n"
                          "@    IN SOA ns.corp.example. hostmaster ( 2024010101 ; serial\n"
                          "            2h 15m 2w ; refresh, retry, expire\n"
                          "            60 )      ; minimum\n"
                          "     IN NS  ns\n"
                          "ns      60 A  10.0.0.1\n"
                          "        IN 30 AAAA 2001:db8::1\n"
                          "www  30 IN CNAME WWW.Other.Example.\n"
                          "*.dev   MX 10 @\n")),
            (Lines{"corp.example. 3600 SOA ns.corp.example. hostmaster.corp.example. 2024010101 "
                   "7200 900 1209600 60",
                   "corp.example. 3600 NS ns.corp.example.", "ns.corp.example. 60 A 10.0.0.1",
                   "ns.corp.example. 30 AAAA 2001:db8::1",
                   "www.corp.example. 30 CNAME WWW.Other.Example.",
                   "*.dev.corp.example. 3600 MX 10 corp.example."}));
}

TEST(ZoneLoader, AcceptsCrLfTabsCommentsAndNoFinalLineEnd) {
  EXPECT_EQ(lines_of(load("; a comment\r\n\r\n$TTL\t300 ; the TTL\r\n"
                          "@\tSOA\tns\thost\t1 2 3 4 5;tight\r\n"
                          "   ; blank but for this\r\n"
                          "\t \r\n"
                          "a\tA\t10.0.0.1")),
            (Lines{"corp.example. 300 SOA ns.corp.example. host.corp.example. 1 2 3 4 5",
                   "a.corp.example. 300 A 10.0.0.1"}));
}

TEST(ZoneLoader, WordsAroundACommentInsideParenthesesStaySeparate) {
  EXPECT_EQ(lines_of(load("@ 60 SOA ns. host. (1;serial\n"
                          "2;refresh\n"
                          "3\n"
                          "4 5)\n")),
            (Lines{"corp.example. 60 SOA ns. host. 1 2 3 4 5"}));
}

TEST(ZoneLoader, QuotesProtectSemicolonsParenthesesAndSpace) {
  EXPECT_EQ(lines_below_head("t TXT \"a;b (c)  d\" \"\" plain \\;x ( \"in\"\n  \"brackets\" )\n"),
            (Lines{R"(t.corp.example. 300 TXT "a;b (c)  d" "" "plain" ";x" "in" "brackets")"}));
}

TEST(ZoneLoader, KeepsUtf8AndEscapedOctetsInText) {
  const auto zone = load_below_head("t TXT \"caf\xC3\xA9\" \\200\\\"\\\\\n");
  ASSERT_TRUE(zone) << zone.error().to_text();
  const Bytes rdata = zone->record(2).rdata;
  EXPECT_EQ(as_text(rdata),
            "\x05"
            "caf\xC3\xA9"
            "\x03\xC8\"\\");
}

TEST(ZoneLoader, NamesAreRelativeToTheOrigin) {
  EXPECT_EQ(lines_below_head("$ORIGIN dev\n"
                             "a CNAME b\n"
                             "$origin sub.dev.corp.example.\n"
                             "@ A 10.0.0.1\n"
                             "a.b MX 1 c.d\n"
                             "abs.corp.example. CNAME @\n"),
            (Lines{"a.dev.corp.example. 300 CNAME b.dev.corp.example.",
                   "sub.dev.corp.example. 300 A 10.0.0.1",
                   "a.b.sub.dev.corp.example. 300 MX 1 c.d.sub.dev.corp.example.",
                   "abs.corp.example. 300 CNAME sub.dev.corp.example."}));
}

TEST(ZoneLoader, EscapedDotsAndAtSignsArePartsOfLabels) {
  EXPECT_EQ(lines_below_head("a\\.b A 10.0.0.1\n\\@ A 10.0.0.2\nend\\. A 10.0.0.3\n"
                             "\\$TTL A 10.0.0.4\n@foo A 10.0.0.5\n\\032x A 10.0.0.6\n"),
            (Lines{"a\\.b.corp.example. 300 A 10.0.0.1", "@.corp.example. 300 A 10.0.0.2",
                   "end\\..corp.example. 300 A 10.0.0.3", "$ttl.corp.example. 300 A 10.0.0.4",
                   "@foo.corp.example. 300 A 10.0.0.5", "\\032x.corp.example. 300 A 10.0.0.6"}));
}

TEST(ZoneLoader, AcceptsOwnersOf255OctetsInEscapes) {
  std::string owner;  // labels of 63, 63, 63 and 48 bytes, each byte as \DDD
  for (const int size : {63, 63, 63, 48}) {
    if (!owner.empty()) owner += '.';
    for (int i = 0; i < size; ++i) owner += "\\200";
  }
  const auto zone = load_below_head(owner + " A 10.0.0.1\n");
  ASSERT_TRUE(zone) << zone.error().to_text();
  EXPECT_EQ(zone->record(2).owner.size(), dns::kMaxName);
}

TEST(ZoneLoader, TtlIsTheRecordsElseTheDirectivesElseTheLastOne) {
  // RFC 1035 §5.1: the last one stated. RFC 2308 §4: $TTL, for the records after it.
  EXPECT_EQ(lines_of(load("@ 100 SOA . . 1 2 3 4 5\n"
                          "a A 10.0.0.1\n"
                          "b 1h30m A 10.0.0.1\n"
                          "c A 10.0.0.1\n"
                          "$TTL 2w\n"
                          "d A 10.0.0.1\n"
                          "e 7 A 10.0.0.1\n"
                          "f A 10.0.0.1\n"
                          "g 0 A 10.0.0.1\n"
                          "h 2147483647 A 10.0.0.1\n")),
            (Lines{"corp.example. 100 SOA . . 1 2 3 4 5", "a.corp.example. 100 A 10.0.0.1",
                   "b.corp.example. 5400 A 10.0.0.1", "c.corp.example. 5400 A 10.0.0.1",
                   "d.corp.example. 1209600 A 10.0.0.1", "e.corp.example. 7 A 10.0.0.1",
                   "f.corp.example. 1209600 A 10.0.0.1", "g.corp.example. 0 A 10.0.0.1",
                   "h.corp.example. 2147483647 A 10.0.0.1"}));
}

TEST(ZoneLoader, TheSoasMinimumIsTheTtlWithoutAnyOther) {
  EXPECT_EQ(lines_of(load("@ SOA . . 1 2 3 4 55\na A 10.0.0.1\nb 9 A 10.0.0.1\nc A 10.0.0.1\n")),
            (Lines{"corp.example. 55 SOA . . 1 2 3 4 55", "a.corp.example. 55 A 10.0.0.1",
                   "b.corp.example. 9 A 10.0.0.1", "c.corp.example. 9 A 10.0.0.1"}));
}

TEST(ZoneLoader, ClassAndTtlMayHaveAnyOrderAndLetterCase) {
  EXPECT_EQ(lines_below_head("a 5 IN A 10.0.0.1\na in 6 a 10.0.0.2\na CLASS1 Type1 10.0.0.3\n"),
            (Lines{"a.corp.example. 5 A 10.0.0.1", "a.corp.example. 6 A 10.0.0.2",
                   "a.corp.example. 300 A 10.0.0.3"}));
}

TEST(ZoneLoader, OwnersFoldAndRdataKeepsItsCase) {
  EXPECT_EQ(lines_below_head("WWW.CORP.EXAMPLE. CNAME Target.Corp.Example.\n"),
            (Lines{"www.corp.example. 300 CNAME Target.Corp.Example."}));
}

TEST(ZoneLoader, AcceptsTheRootZoneAndUnderscores) {
  const auto zone = first_fault(load_zone_text(
      ". 5 SOA a. b. 1 2 3 4 5\n_dns._tcp.x. SRV 1 2 53 ns.\n", "root", dns::NameView()));
  EXPECT_EQ(lines_of(zone), (Lines{". 5 SOA a. b. 1 2 3 4 5", "_dns._tcp.x. 5 SRV 1 2 53 ns."}));
}

TEST(ZoneLoader, SignaturesMayCoexistWithACname) {
  EXPECT_TRUE(load_below_head(
      "www CNAME a\n"
      "www NSEC a CNAME RRSIG NSEC\n"
      "www RRSIG CNAME 8 3 300 20300101000000 20200101000000 1 corp.example. aGVsbG8=\n"
      "a CNAME b\nb A 10.0.0.1\n"));
}

// named-checkzone -D writes the same lines.
TEST(ZoneLoader, GeneratesRecords) {
  EXPECT_EQ(
      lines_below_head("$GENERATE 10-12 a${0,3,n} A 10.0.0.$\n"
                       "$GENERATE 1-3/2 c${-1,3,x} TXT \"x\\$ $$ ${5}\"\n"
                       "$GENERATE 1-1 m$ MX \"10 mail$\"\n"
                       "$generate 1-2 $ 60 IN PTR h-$ ; x\n"
                       "  TXT x\n"
                       "$GENERATE 200-201 z${0,5,N} A 10.0.0.1\n"),
      (Lines{"aa.0.corp.example. 300 A 10.0.0.10", "ab.0.corp.example. 300 A 10.0.0.11",
             "ac.0.corp.example. 300 A 10.0.0.12", "c000.corp.example. 300 TXT \"x$\" \"$\" \"6\"",
             "c002.corp.example. 300 TXT \"x$\" \"$\" \"8\"",
             "m1.corp.example. 300 MX 10 mail1.corp.example.",
             "1.corp.example. 60 PTR h-1.corp.example.", "2.corp.example. 60 PTR h-2.corp.example.",
             "2.corp.example. 300 TXT \"x\"", "z8.c.0.corp.example. 300 A 10.0.0.1",
             "z9.c.0.corp.example. 300 A 10.0.0.1"}));
}

TEST(ZoneLoader, UnknownTypesUseRfc3597Form) {
  EXPECT_EQ(lines_below_head("x TYPE65280 \\# 3 ab Cd\tEF\nx TYPE1 \\# 4 0A000001\n"
                             "x TYPE731 \\# 0\nx A \\# 4 ( 0a00\n 0002 )\n"),
            (Lines{"x.corp.example. 300 TYPE65280 \\# 3 abcdef", "x.corp.example. 300 A 10.0.0.1",
                   "x.corp.example. 300 TYPE731 \\# 0", "x.corp.example. 300 A 10.0.0.2"}));
}

// Header, question and a record whose owner is a pointer need 44 bytes of the message.
TEST(ZoneLoader, Rfc3597FormCarriesTheLargestRdataOfAMessage) {
  const auto load = [](size_t octets) {
    return load_below_head(
        concat("x TYPE65280 \\# ", octets, " ", std::string(2 * octets, 'a'), "\n"));
  };
  const auto zone = load(65491);
  ASSERT_TRUE(zone) << zone.error().to_text();
  EXPECT_EQ(zone->record(2).rdata.size(), 65491U);
  const auto larger = load(65492);
  ASSERT_FALSE(larger);
  EXPECT_NE(larger.error().message.find("the TYPE65280 records"), std::string::npos);
}

/// Creates files for a test and removes them after it.
class ZoneLoaderFiles : public testing::Test {
 protected:
  ZoneLoaderFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "inlet53-zone-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~ZoneLoaderFiles() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& file, std::string_view text) {
    const std::filesystem::path path = folder_ / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  static Result<ZoneData, ZoneLoadError> load_file(const std::string& path) {
    return first_fault(load_zone_file(path, name("corp.example").view()));
  }
  [[nodiscard]] std::string path_of(const std::string& file) const {
    return (folder_ / file).string();
  }

  std::filesystem::path folder_;
};

TEST_F(ZoneLoaderFiles, IncludesRelativeToTheIncludingFileWithAnOrigin) {
  const std::string path = write("corp.zone", concat(kHead,
                                                     "$ORIGIN dev\n"
                                                     "first A 10.0.0.1\n"
                                                     "$INCLUDE more/hosts.zone\n"
                                                     "  A 10.0.0.2\n"
                                                     "$include \"more/named hosts.zone\" lab ; x\n"
                                                     "last A 10.0.0.3\n"));
  write("more/hosts.zone", "$ORIGIN inner\nh A 10.1.0.1\n$INCLUDE deeper.zone\n");
  write("more/deeper.zone", "d A 10.2.0.1\n$TTL 7\n");
  write("more/named hosts.zone", "@ A 10.3.0.1\nn A 10.3.0.2\n");
  Lines lines = lines_of(load_file(path));
  lines.erase(lines.begin(), lines.begin() + 2);
  EXPECT_EQ(
      lines,
      (Lines{"first.dev.corp.example. 300 A 10.0.0.1", "h.inner.dev.corp.example. 300 A 10.1.0.1",
             "d.inner.dev.corp.example. 300 A 10.2.0.1",
             // the including file's origin and owner are valid again, its $TTL is not
             "first.dev.corp.example. 7 A 10.0.0.2", "lab.dev.corp.example. 7 A 10.3.0.1",
             "n.lab.dev.corp.example. 7 A 10.3.0.2", "last.dev.corp.example. 7 A 10.0.0.3"}));
}

TEST_F(ZoneLoaderFiles, TextInMemoryIncludesFilesRelativeToItsPath) {
  write("more.zone", "m A 10.0.0.1\n");
  const auto zone = first_fault(load_zone_text(
      concat(kHead, "$INCLUDE more.zone\n"), path_of("memory.zone"), name("corp.example").view()));
  ASSERT_TRUE(zone) << zone.error().to_text();
  EXPECT_EQ(zone->size(), 3U);
}

TEST_F(ZoneLoaderFiles, ErrorsInAnIncludedFileNameIt) {
  const std::string path = write("corp.zone", concat(kHead, "$INCLUDE more.zone\n"));
  const std::string more = write("more.zone", "ok A 10.0.0.1\n\nbad A 10.0.0.256\n");
  const auto zone = load_file(path);
  ASSERT_FALSE(zone);
  EXPECT_EQ(zone.error().file, more);
  EXPECT_EQ(zone.error().line, 3U);
}

TEST_F(ZoneLoaderFiles, ACnameConflictAcrossFilesNamesTheCnamesFile) {
  const std::string path = write("corp.zone", concat(kHead, "w A 10.0.0.1\n$INCLUDE more.zone\n"));
  const std::string more = write("more.zone", "\nw CNAME a\n");
  const auto zone = load_file(path);
  ASSERT_FALSE(zone);
  EXPECT_EQ(zone.error().to_text(),
            more + ":2: a CNAME at w.corp.example., which also has A data (RFC 1034 §3.6.2)");
}

TEST_F(ZoneLoaderFiles, LoopsOfIncludesAreRejected) {
  const std::string path = write("a.zone", concat(kHead, "$INCLUDE b.zone\n"));
  const std::string other =
      write("b.zone", "\n$INCLUDE ../" + folder_.filename().string() + "/a.zone\n");
  auto zone = load_file(path);
  ASSERT_FALSE(zone);
  EXPECT_EQ(zone.error().file, other);
  EXPECT_EQ(zone.error().line, 2U);
  EXPECT_NE(zone.error().message.find("includes itself"), std::string::npos);
}

TEST_F(ZoneLoaderFiles, IncludesAreEightFilesDeepAtMost) {
  for (int last : {7, 8}) {
    std::string path = write("0.zone", concat(kHead, "$INCLUDE 1.zone\n"));
    for (int i = 1; i < last; ++i) {
      write(concat(i, ".zone"), concat("$INCLUDE ", i + 1, ".zone\n"));
    }
    write(concat(last, ".zone"), "a A 10.0.0.1\n");
    const auto zone = load_file(path);
    ASSERT_EQ(zone.has_value(), last == 7);
    if (!zone) {
      EXPECT_EQ(zone.error().file, path_of("7.zone"));
    }
  }
}

TEST_F(ZoneLoaderFiles, UnreadableFilesAreRejected) {
  const std::string directory = path_of("directory");
  std::filesystem::create_directory(directory);
  for (const std::string& path :
       {path_of("missing.zone"), directory, std::string("/dev/null"), write("empty.zone", ""),
        write("comments.zone", "; nothing\n\n$TTL 60\n")}) {
    const auto zone = load_file(path);
    ASSERT_FALSE(zone) << path;
    EXPECT_EQ(zone.error().file, path);
    EXPECT_EQ(zone.error().line, 0U);
    EXPECT_TRUE(zone.error().to_text().starts_with(path + ": ")) << zone.error().to_text();
  }
}

TEST_F(ZoneLoaderFiles, AnUnreadableIncludeIsReportedAtItsLine) {
  std::filesystem::create_directory(path_of("directory"));
  for (const char* file : {"missing.zone", "directory", "/dev/null"}) {
    const std::string path = write("corp.zone", concat(kHead, "$INCLUDE ", file, "\n"));
    const auto zone = load_file(path);
    ASSERT_FALSE(zone) << file;
    EXPECT_EQ(zone.error().file, path);
    EXPECT_EQ(zone.error().line, 4U);
    EXPECT_NE(zone.error().message.find(file), std::string::npos) << zone.error().message;
  }
}

long peak_kilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// ldns allocates 256 KiB for each record, which is slow with a sanitizer's heap.
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kBigZone = 10'000;
#else
constexpr size_t kBigZone = 200'000;
#endif

TEST_F(ZoneLoaderFiles, ABigZoneNeedsLittleMoreMemoryThanItsRecords) {
  const std::string path = path_of("big.zone");
  {
    std::ofstream file(path);
    file << kHead;
    for (size_t i = 0; i < kBigZone; ++i) {
      file << "host" << i << " A 10." << i / 65536 % 256 << '.' << i / 256 % 256 << '.' << i % 256
           << '\n';
      if (i % 100 == 0) file << "alias" << i << " CNAME host" << i << '\n';
    }
  }
  const long before = peak_kilobytes();
  const auto zone = load_file(path);
  [[maybe_unused]] const long grown = peak_kilobytes() - before;
  ASSERT_TRUE(zone) << zone.error().to_text();
  EXPECT_EQ(zone->size(), kBigZone + kBigZone / 100 + 2);
  const ZoneData::Record last = zone->record(zone->size() - 1);
  EXPECT_EQ(last.owner.to_text(), concat("host", kBigZone - 1, ".corp.example."));
#if !defined(__SANITIZE_ADDRESS__)
  // A record has about 45 bytes with its offset; arrays double when they grow.
  EXPECT_LT(grown, static_cast<long>(kBigZone * 45 * 4 / 1024));
#endif
}

}  // namespace
}  // namespace inlet53::zone
