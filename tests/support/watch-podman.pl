#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# watch-podman NUMBER|SUBCOMMAND SIGNAL LOG COMMAND...
#
# Runs the command, and sends the signal to the NUMBERth podman that an update-agent starts, or to the
# first with that subcommand, as soon as it is there. What was seen is in the log, a line each; the
# exit is the command's.
use strict;
use warnings;

my ($which, $signal, $log, @command) = @ARGV;
open(my $seen, '>', $log) or die "$log: $!";
$seen->autoflush(1);

sub process {    # name and parent of a process
    open(my $handle, '<', "/proc/$_[0]/stat") or return ('', 0);
    my ($name, $parent) = (<$handle> // '') =~ /\((.*)\) \S+ (\d+)/s;
    return ($name // '', $parent // 0);
}

sub words {      # of its command line; none while it is being started, or is a zombie
    open(my $handle, '<', "/proc/$_[0]/cmdline") or return;
    local $/;
    return split /\0/, <$handle> // '';
}

my $watcher = fork // die $!;
if ($watcher == 0) {
    my (%known, $count, $done);
    while (1) {
        opendir(my $directory, '/proc') or die $!;
        for my $pid (grep { /^\d+$/ && !$known{$_} } readdir $directory) {
            my ($name, $parent) = process($pid);
            next if $name eq 'update-agent';    # may be about to become podman
            my @words;
            next if $name eq 'podman' && !(@words = words($pid));
            $known{$pid} = 1;
            next unless $name eq 'podman' && (process($parent))[0] eq 'update-agent';
            $count++;
            my $is_meant = $which =~ /^\d+$/ ? $count == $which : $which eq ($words[1] // '');
            kill $signal, $pid if $is_meant && !$done++;
            print $seen "@words\n";
        }
        select(undef, undef, undef, 0.002);
    }
}
my $status = system(@command);
kill 'KILL', $watcher;
waitpid $watcher, 0;
exit($status & 127 ? 128 + ($status & 127) : $status >> 8);
