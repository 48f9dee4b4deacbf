// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/message.h"

#include <algorithm>
#include <array>

namespace inlet53::http {

namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr std::array<bool, 256> make_token_bytes() {
  std::array<bool, 256> bytes{};
  for (char c = '0'; c <= '9'; ++c) bytes[static_cast<uint8_t>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) bytes[static_cast<uint8_t>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) bytes[static_cast<uint8_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) bytes[static_cast<uint8_t>(c)] = true;
  return bytes;
}

constexpr std::array<bool, 256> kTokenBytes = make_token_bytes();

constexpr std::array<bool, 256> make_value_bytes() {
  std::array<bool, 256> bytes{};
  for (size_t c = ' '; c < bytes.size(); ++c) bytes[c] = true;
  bytes['\t'] = true;
  bytes[0x7f] = false;
  return bytes;
}

constexpr std::array<bool, 256> kValueBytes = make_value_bytes();

constexpr bool is_white(char c) noexcept { return c == ' ' || c == '\t'; }

// Compares the length first: few names of a response have one of these.
bool is_of_connection(std::string_view name) noexcept {
  switch (name.size()) {
    case 7:
      return same_field_name(name, "upgrade");
    case 10:
      return same_field_name(name, "connection") || same_field_name(name, "keep-alive");
    case 14:
      return same_field_name(name, "content-length");
    case 16:
      return same_field_name(name, "proxy-connection");
    case 17:
      return same_field_name(name, "transfer-encoding");
    default:
      return false;
  }
}

}  // namespace

const Field* find_field(const Fields& fields, std::string_view name) noexcept {
  for (const Field& field : fields) {
    if (same_field_name(field.name, name)) return &field;
  }
  return nullptr;
}

bool same_field_name(std::string_view one, std::string_view other) noexcept {
  if (one.size() != other.size()) return false;
  for (size_t i = 0; i < one.size(); ++i) {
    // Most bytes are equal, so this compares them first.
    if (one[i] != other[i] && lower(one[i]) != lower(other[i])) return false;
  }
  return true;
}

bool is_field_name(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return kTokenBytes[static_cast<uint8_t>(c)]; });
}

bool is_field_value(std::string_view text) noexcept {
  if (text.empty()) return true;
  if (is_white(text.front()) || is_white(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return kValueBytes[static_cast<uint8_t>(c)]; });
}

bool may_send(const Field& field) noexcept {
  return !is_of_connection(field.name) && is_field_name(field.name) && is_field_value(field.value);
}

bool is_never_repeated(std::string_view name) noexcept {
  switch (name.size()) {
    case 14:
      return same_field_name(name, "x-amz-apigw-id");
    case 15:
      return same_field_name(name, "x-amzn-trace-id");
    case 16:
      return same_field_name(name, "x-amzn-requestid");
    default:
      return false;
  }
}

std::string_view reason_phrase(unsigned status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return {};
  }
}

}  // namespace inlet53::http
