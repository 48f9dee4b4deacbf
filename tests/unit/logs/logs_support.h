// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace inlet53::logs::test {

/// Temporary directory, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "inlet53-logs-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline void append(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::app | std::ios::binary) << text;
}

/// Record's line without its newline, with the fields by which tests distinguish records.
struct Line {
  std::string name = "www.example.com.";
  std::string type = "A";
  std::string rcode = "NOERROR";
  std::string client = "172.31.6.137";
  std::string answers = R"({"Rdata":"10.0.140.226","Type":"A","Class":"IN"})";

  [[nodiscard]] std::string text() const {
    return R"({"version":"1.100000","account_id":"123456789012","region":"eu-west-1",)"
           R"("vpc_id":"vpc-0c00ca6aa29c8472f","query_timestamp":"2021-04-25T12:37:34Z",)"
           R"("query_name":")" +
           name + R"(","query_type":")" + type + R"(","query_class":"IN","rcode":")" + rcode +
           R"(","answers":[)" + answers + R"(],"srcaddr":")" + client +
           R"(","srcport":"32843","transport":"UDP",)"
           R"("srcids":{"resolver_endpoint":"rslvr-in-a7dd746257784e148",)"
           R"("resolver_network_interface":"rni-3a4a0caca1d0412ab"}})";
  }
};

/// Returns the line of a query for `name`, with its newline.
inline std::string line_for(std::string name) {
  return Line{.name = std::move(name)}.text() + '\n';
}

}  // namespace inlet53::logs::test
