// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/store/faults.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

namespace test {

namespace {

struct Plan {
    unsigned calls = 0;
    unsigned fail_at = 0;
    unsigned kill_at = 0;
    unsigned dead_from = 0;
    std::string fail_always;
    int error_number = 0;
    bool happened = false;
    bool recording = false;
    std::vector<Call> recorded;
};

Plan& plan() {
    static Plan instance;
    return instance;
}

bool own_calls = false;

std::string path_of(int descriptor) {
    std::error_code ignored;
    const auto link = "/proc/self/fd/" + std::to_string(descriptor);
    return std::filesystem::read_symlink(link, ignored).string();
}

std::string path_at(int directory, const char* name) {
    if (name[0] == '/') return name;
    if (directory == AT_FDCWD) return std::filesystem::absolute(name).string();
    return path_of(directory) + "/" + name;
}

/// Whether the call is to fail, with errno set.
bool fault(const std::string& name, const std::string& path, const std::string& target = {}) {
    if (own_calls) return false;
    Plan& now = plan();
    ++now.calls;
    if (now.calls == now.kill_at) ::raise(SIGKILL);
    if (now.dead_from != 0 && now.calls >= now.dead_from) {
        now.happened = true;
        errno = EIO;
        return true;
    }
    if (now.calls == now.fail_at || (!now.fail_always.empty() && now.fail_always == name)) {
        now.happened = true;
        errno = now.error_number;
        return true;
    }
    if (now.recording) now.recorded.push_back({name, path, target});
    return false;
}

int result_of(long value) {
    return static_cast<int>(value);
}

}  // namespace

Faults::Own::Own() {
    own_calls = true;
}

Faults::Own::~Own() {
    own_calls = false;
}

void Faults::fail_at(unsigned n, int error_number) {
    plan() = Plan{};
    plan().fail_at = n;
    plan().error_number = error_number;
}

void Faults::fail_always(const std::string& name, int error_number) {
    plan() = Plan{};
    plan().fail_always = name;
    plan().error_number = error_number;
}

void Faults::kill_at(unsigned n) {
    plan() = Plan{};
    plan().kill_at = n;
}

void Faults::die_at(unsigned n) {
    plan() = Plan{};
    plan().dead_from = n;
}

bool Faults::further_call() {
    return fault("call", {});
}

unsigned Faults::count() {
    return plan().calls;
}

bool Faults::disarm() {
    const bool happened = plan().happened;
    plan() = Plan{};
    return happened;
}

void Faults::start_recording() {
    plan() = Plan{};
    plan().recording = true;
}

std::vector<Call> Faults::stop_recording() {
    auto recorded = std::move(plan().recorded);
    plan() = Plan{};
    return recorded;
}

}  // namespace test

// Other names in C++, so that the C library's headers say nothing about these definitions.
extern "C" {
int faulty_openat(int directory, const char* name, int flags, mode_t mode) __asm__("openat");
ssize_t faulty_write(int descriptor, const void* data, std::size_t size) __asm__("write");
ssize_t faulty_pwrite(int descriptor, const void* data, std::size_t size,
                      off_t at) __asm__("pwrite");
int faulty_fsync(int descriptor) __asm__("fsync");
int faulty_syncfs(int descriptor) __asm__("syncfs");
int faulty_ftruncate(int descriptor, off_t size) __asm__("ftruncate");
int faulty_fchmod(int descriptor, mode_t mode) __asm__("fchmod");
int faulty_chmod(const char* path, mode_t mode) __asm__("chmod");
int faulty_mkdir(const char* path, mode_t mode) __asm__("mkdir");
int faulty_rename(const char* from, const char* to) __asm__("rename");
int faulty_renameat(int from_directory, const char* from, int to_directory,
                    const char* to) __asm__("renameat");
int faulty_symlink(const char* text, const char* path) __asm__("symlink");
int faulty_symlinkat(const char* text, int directory, const char* name) __asm__("symlinkat");
int faulty_renameat2(int from_directory, const char* from, int to_directory, const char* to,
                     unsigned flags) __asm__("renameat2");
int faulty_mkdirat(int directory, const char* name, mode_t mode) __asm__("mkdirat");
int faulty_fallocate(int descriptor, int mode, off_t offset, off_t size) __asm__("fallocate");
int faulty_unlink(const char* path) __asm__("unlink");
int faulty_unlinkat(int directory, const char* name, int flags) __asm__("unlinkat");

// Variadic in the headers; every ABI of Linux passes the mode alike, and openat(2) looks at it only
// where it creates.
int faulty_openat(int directory, const char* name, int flags, mode_t mode) {
    const bool creates = (flags & O_CREAT) != 0;
    if (creates && test::fault("create", test::path_at(directory, name))) return -1;
    return test::result_of(::syscall(SYS_openat, directory, name, flags, mode));
}

ssize_t faulty_write(int descriptor, const void* data, std::size_t size) {
    // What the test itself prints is none of the store's business.
    if (descriptor > STDERR_FILENO && test::fault("write", test::path_of(descriptor))) return -1;
    return ::syscall(SYS_write, descriptor, data, size);
}

ssize_t faulty_pwrite(int descriptor, const void* data, std::size_t size, off_t at) {
    if (test::fault("write", test::path_of(descriptor))) return -1;
    return ::syscall(SYS_pwrite64, descriptor, data, size, at);
}

int faulty_fsync(int descriptor) {
    if (test::fault("fsync", test::path_of(descriptor))) return -1;
    return test::result_of(::syscall(SYS_fsync, descriptor));
}

int faulty_syncfs(int descriptor) {
    // The rest of this machine's disk is none of the tests' business.
    return test::fault("syncfs", test::path_of(descriptor)) ? -1 : 0;
}

int faulty_ftruncate(int descriptor, off_t size) {
    if (test::fault("write", test::path_of(descriptor))) return -1;
    return test::result_of(::syscall(SYS_ftruncate, descriptor, size));
}

int faulty_fchmod(int descriptor, mode_t mode) {
    if (test::fault("chmod", test::path_of(descriptor))) return -1;
    return test::result_of(::syscall(SYS_fchmod, descriptor, mode));
}

int faulty_chmod(const char* path, mode_t mode) {
    if (test::fault("chmod", path)) return -1;
    return test::result_of(::syscall(SYS_fchmodat, AT_FDCWD, path, mode));
}

int faulty_mkdir(const char* path, mode_t mode) {
    if (test::fault("mkdir", path)) return -1;
    return test::result_of(::syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int faulty_rename(const char* from, const char* to) {
    if (test::fault("rename", from, to)) return -1;
    return test::result_of(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0U));
}

int faulty_renameat(int from_directory, const char* from, int to_directory, const char* to) {
    if (test::fault("rename", test::path_at(from_directory, from), test::path_at(to_directory, to)))
        return -1;
    return test::result_of(::syscall(SYS_renameat2, from_directory, from, to_directory, to, 0U));
}

int faulty_renameat2(int from_directory, const char* from, int to_directory, const char* to,
                     unsigned flags) {
    if (test::fault("rename", test::path_at(from_directory, from), test::path_at(to_directory, to)))
        return -1;
    return test::result_of(::syscall(SYS_renameat2, from_directory, from, to_directory, to, flags));
}

int faulty_mkdirat(int directory, const char* name, mode_t mode) {
    if (test::fault("mkdir", test::path_at(directory, name))) return -1;
    return test::result_of(::syscall(SYS_mkdirat, directory, name, mode));
}

int faulty_fallocate(int descriptor, int mode, off_t offset, off_t size) {
    if (test::fault("fallocate", test::path_of(descriptor))) return -1;
    return test::result_of(::syscall(SYS_fallocate, descriptor, mode, offset, size));
}

int faulty_symlink(const char* text, const char* path) {
    if (test::fault("symlink", path)) return -1;
    return test::result_of(::syscall(SYS_symlinkat, text, AT_FDCWD, path));
}

int faulty_symlinkat(const char* text, int directory, const char* name) {
    if (test::fault("symlink", test::path_at(directory, name))) return -1;
    return test::result_of(::syscall(SYS_symlinkat, text, directory, name));
}

int faulty_unlink(const char* path) {
    if (test::fault("unlink", path)) return -1;
    return test::result_of(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int faulty_unlinkat(int directory, const char* name, int flags) {
    if (test::fault("unlink", test::path_at(directory, name))) return -1;
    return test::result_of(::syscall(SYS_unlinkat, directory, name, flags));
}
}
