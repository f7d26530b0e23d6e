#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# watch-podman NUMBER SIGNAL LOG COMMAND...
#
# Runs the command, and sends the signal to the NUMBERth podman that an update-agent starts, as soon
# as it is there. What was seen is in the log, a line each; the exit is the command's.
use strict;
use warnings;

my ($number, $signal, $log, @command) = @ARGV;
open(my $seen, '>', $log) or die "$log: $!";
$seen->autoflush(1);

sub process {    # name and parent of a process
    open(my $handle, '<', "/proc/$_[0]/stat") or return ('', 0);
    my ($name, $parent) = (<$handle> // '') =~ /\((.*)\) \S+ (\d+)/s;
    return ($name // '', $parent // 0);
}

my $watcher = fork // die $!;
if ($watcher == 0) {
    my (%known, $count);
    while (1) {
        opendir(my $directory, '/proc') or die $!;
        for my $pid (grep { /^\d+$/ && !$known{$_} } readdir $directory) {
            my ($name, $parent) = process($pid);
            next if $name eq 'update-agent';    # may be about to become podman
            $known{$pid} = 1;
            next unless $name eq 'podman' && (process($parent))[0] eq 'update-agent';
            kill $signal, $pid if ++$count == $number;
            open(my $words, '<', "/proc/$pid/cmdline") or next;
            print $seen join(' ', split /\0/, <$words> // ''), "\n";
        }
    }
}
my $status = system(@command);
kill 'KILL', $watcher;
waitpid $watcher, 0;
exit($status & 127 ? 128 + ($status & 127) : $status >> 8);
