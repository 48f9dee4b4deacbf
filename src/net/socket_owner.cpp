// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/socket_owner.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inlet53/base/text.h"
#include "inlet53/net/process.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

namespace {

//--- sock_diag

struct Request {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};

void copy_address(const IpAddress& from, __be32 (&to)[4]) {
  std::memcpy(to, from.bytes().data(), from.bytes().size());
}

Request compose_request(const SocketAddress& local, const SocketAddress& remote,
                        uint32_t sequence) {
  Request request;
  request.header.nlmsg_seq = sequence;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags =
      NLM_F_REQUEST;  // without NLM_F_DUMP: one socket, found by its addresses
  request.body.sdiag_family = local.address.is_v4() ? AF_INET : AF_INET6;
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = ~0U;
  request.body.id.idiag_sport = htons(local.port);
  request.body.id.idiag_dport = htons(remote.port);
  copy_address(local.address, request.body.id.idiag_src);
  copy_address(remote.address, request.body.id.idiag_dst);
  request.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return request;
}

// The kernel returns a listening socket when no connection has these addresses, so this compares
// the ports of the result. A socket that is closed but still in the kernel has no inode.
std::optional<SocketOwner> owner_of(const inet_diag_msg& found, const inet_diag_sockid& asked) {
  if (found.id.idiag_sport != asked.idiag_sport || found.id.idiag_dport != asked.idiag_dport ||
      found.idiag_inode == 0) {
    return std::nullopt;
  }
  return SocketOwner{found.idiag_inode, found.idiag_uid};
}

std::optional<SocketOwner> query_kernel(int netlink, const Request& request) {
  if (send(netlink, &request, sizeof request, MSG_NOSIGNAL) != sizeof request) return std::nullopt;
  // The kernel has queued its response before send returns. Skips a response to an earlier request
  // that could not be read then.
  alignas(nlmsghdr) std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = recv(netlink, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < static_cast<ssize_t>(sizeof(nlmsghdr))) return std::nullopt;
    nlmsghdr header{};
    std::memcpy(&header, buffer.data(), sizeof header);
    if (header.nlmsg_seq != request.header.nlmsg_seq) continue;
    inet_diag_msg message{};
    // NLMSG_ERROR: no such socket.
    if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
        size < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof message)) {
      return std::nullopt;
    }
    std::memcpy(&message, buffer.data() + NLMSG_HDRLEN, sizeof message);
    return owner_of(message, request.body.id);
  }
}

//--- /proc/net/tcp, tcp6

void append_hex(std::string& text, uint32_t value, int digits) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    text += kDigits[(value >> shift) & 0xF];
  }
}

// Formats an address as in these files: each group of four bytes is a number in host byte order.
std::string file_text(const SocketAddress& socket, bool as_v6) {
  std::array<uint8_t, 16> bytes{};
  const Bytes own = socket.address.bytes();
  if (own.size() == bytes.size() || !as_v6) {
    std::memcpy(bytes.data(), own.data(), own.size());
  } else {
    bytes[10] = bytes[11] = 0xFF;  // ::ffff:192.0.2.1, of a dual-stack socket
    std::memcpy(bytes.data() + 12, own.data(), own.size());
  }
  std::string text;
  for (size_t at = 0; at < (as_v6 ? 16U : 4U); at += 4) {
    uint32_t group = 0;
    std::memcpy(&group, bytes.data() + at, sizeof group);
    append_hex(text, group, 8);
  }
  text += ':';
  append_hex(text, socket.port, 4);
  return text;
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

// Removes the next word of a line and returns it.
std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

std::optional<SocketOwner> read_file(const char* name, const std::string& local,
                                     const std::string& remote) {
  std::ifstream file(name);
  for (std::string text; std::getline(file, text);) {
    std::string_view line = text;
    next_word(line);  // the line's number
    if (next_word(line) != local || next_word(line) != remote) continue;
    for (int i = 0; i < 4; ++i) next_word(line);  // state, queues, timer, retransmissions
    SocketOwner owner;
    const bool has_user = parse_number(next_word(line), owner.user);
    next_word(line);  // timeout
    if (!has_user || !parse_number(next_word(line), owner.inode) || owner.inode == 0) return {};
    return owner;
  }
  return std::nullopt;
}

std::optional<SocketOwner> read_files(const SocketAddress& local, const SocketAddress& remote) {
  if (local.address.is_v4()) {
    if (const auto owner =
            read_file("/proc/net/tcp", file_text(local, false), file_text(remote, false))) {
      return owner;
    }
  }
  return read_file("/proc/net/tcp6", file_text(local, true), file_text(remote, true));
}

//--- The trial

Descriptor connect_to(const SocketAddress& address) {
  Descriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage storage{};
  const socklen_t length = address.to_sockaddr(storage);
  if (connect(client.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0) return {};
  return client;
}

constexpr size_t kMaxProcesses = 1024;
// Limit of descriptors, threads and possible children in one search.
constexpr size_t kMaxSteps = 4096;
// Limit when children are searched among all processes of the machine.
constexpr size_t kMaxStepsAmongAll = 65536;
constexpr size_t kMaxText = 32768;  // bytes of a file in /proc

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

// Process, identified by its directory in /proc: the descriptor fails after the process has ended,
// and never means another process with the same number.
struct Process {
  pid_t pid = 0;
  Descriptor folder;
};

Process open_process(pid_t pid) {
  return {pid, Descriptor(open(concat("/proc/", pid).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))};
}

Folder open_folder(const Process& process, const char* name) {
  const int folder = openat(process.folder.get(), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return nullptr;
  return Folder(fdopendir(folder));
}

// Reads the start of a file of the process; empty when it cannot be read.
std::string read_file(const Process& process, const char* name) {
  const Descriptor file(openat(process.folder.get(), name, O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> some;
  while (file.valid() && text.size() < kMaxText) {
    const ssize_t count = read(file.get(), some.data(), some.size());
    if (count <= 0) break;
    text.append(some.data(), static_cast<size_t>(count));
  }
  return text;
}

pid_t parse_pid(std::string_view text) {
  pid_t pid = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), pid);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() ? pid : 0;
}

// Returns the parent. Absent: the process has ended. 0: its parent is outside this PID namespace.
std::optional<pid_t> parent_of(const Process& process) {
  // `PID (name) S PPID …`: the name may hold spaces and parentheses.
  const std::string stat = read_file(process, "stat");
  const size_t name_end = stat.rfind(')');
  if (name_end == stat.npos || stat.size() < name_end + 5) return std::nullopt;
  const std::string_view rest = std::string_view(stat).substr(name_end + 4);
  return parse_pid(rest.substr(0, rest.find(' ')));
}

void append_pids(std::string_view text, std::vector<pid_t>& pids) {
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (const pid_t pid = parse_pid(word); pid != 0) pids.push_back(pid);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
}

bool kernel_lists_children() {
  static const bool lists =
      access(concat("/proc/self/task/", getpid(), "/children").c_str(), R_OK) == 0;
  return lists;
}

// Returns all processes of the machine; for a kernel without CONFIG_PROC_CHILDREN.
std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids;
  const Folder proc(opendir("/proc"));
  while (const dirent* const entry = proc ? readdir(proc.get()) : nullptr) {
    if (const pid_t pid = parse_pid(entry->d_name); pid != 0) pids.push_back(pid);
  }
  return pids;
}

// Returns processes that may be children of this one; the caller compares their parents.
std::vector<pid_t> possible_children(const Process& process, size_t& steps_left) {
  if (!kernel_lists_children()) return all_processes();
  std::vector<pid_t> pids;
  const Folder tasks = open_folder(process, "task");
  while (const dirent* const entry = tasks ? readdir(tasks.get()) : nullptr) {
    if (steps_left == 0 || pids.size() >= steps_left) break;
    --steps_left;
    if (parse_pid(entry->d_name) == 0) continue;
    append_pids(read_file(process, concat("task/", entry->d_name, "/children").c_str()), pids);
  }
  return pids;
}

class Search {
 public:
  explicit Search(uint32_t inode) : link_(concat("socket:[", inode, "]")) {}

  bool run(pid_t root) {
    processes_.push_back(open_process(root));
    for (size_t at = 0; at < processes_.size() && steps_left_ > 0; ++at) {
      if (has_socket(processes_[at])) return true;
      add_children(at);
      processes_[at].folder.reset();
    }
    return false;
  }

 private:
  bool has_socket(const Process& process) {
    const Folder descriptors = open_folder(process, "fd");
    while (const dirent* const entry = descriptors ? readdir(descriptors.get()) : nullptr) {
      if (steps_left_ == 0) return false;
      --steps_left_;
      std::array<char, 64> target;
      const ssize_t length =
          readlinkat(dirfd(descriptors.get()), entry->d_name, target.data(), target.size());
      if (length > 0 && std::string_view(target.data(), static_cast<size_t>(length)) == link_) {
        return true;
      }
    }
    return false;
  }

  void add_children(size_t parent) {
    const pid_t parent_pid = processes_[parent].pid;
    for (const pid_t pid : possible_children(processes_[parent], steps_left_)) {
      if (steps_left_ == 0 || processes_.size() >= kMaxProcesses) return;
      --steps_left_;
      Process child = open_process(pid);
      if (!child.folder.valid() || parent_of(child) != parent_pid) continue;
      // The parent exists after its child was seen, so its number means the same process in both.
      if (!parent_of(processes_[parent])) return;
      processes_.push_back(std::move(child));
    }
  }

  const std::string link_;
  std::vector<Process> processes_;
  size_t steps_left_ = kernel_lists_children() ? kMaxSteps : kMaxStepsAmongAll;
};

}  // namespace

SocketOwners SocketOwners::with(Source source) {
  SocketOwners owners;
  owners.source_ = source;
  if (source == Source::SockDiag) {
    owners.netlink_ = Descriptor(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  }
  return owners;
}

SocketOwners SocketOwners::open() {
  const auto server = open_tcp({*IpAddress::parse("127.0.0.1"), 0});
  if (!server || listen(server->get(), 1) != 0) return {};
  const SocketAddress address = local_address(server->get());
  const Descriptor client = connect_to(address);
  if (!client.valid()) return {};
  const SocketAddress own = local_address(client.get());
  for (const Source source : {Source::SockDiag, Source::ProcFile}) {
    SocketOwners owners = with(source);
    if (owners.find(own, address)) return owners;
  }
  return {};
}

std::optional<SocketOwner> SocketOwners::find(const SocketAddress& local,
                                              const SocketAddress& remote) const {
  switch (source_) {
    case Source::SockDiag:
      if (!netlink_.valid()) return std::nullopt;
      return query_kernel(netlink_.get(), compose_request(local, remote, ++sequence_));
    case Source::ProcFile:
      return read_files(local, remote);
    case Source::None:
      break;
  }
  return std::nullopt;
}

bool process_tree_has_socket(pid_t root, uint32_t inode, std::optional<uint32_t> user) {
  std::optional<FileSystemUser> acting;
  if (user) acting.emplace(*user);
  return Search(inode).run(root);
}

}  // namespace inlet53::net
