# A test can start the emulator, steer it and read its ledger, and it ends
# with its owner.
#
# Could pass by accident if another emulator answered: the reply must come
# from the process we started, and that process must be gone at the end.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HTTP::Tiny;
use HftTest;

my $emulator = start_emulator();
my $client = HTTP::Tiny->new(proxy => undef,
	default_headers => { authorization => 'Bearer test-key-main' });
my $models = $emulator->base_url('openai') . '/models';

is($emulator->{ports}{pid}, $emulator->{pid}, 'our own process answers');
is($client->get($models)->{status}, 200, 'it speaks the dialect');
is_deeply($emulator->ledger->{effects}, [], 'nothing was done yet');

$emulator->add_fault({ path => '/models', times => 1 }, { status => 503 });
is($client->get($models)->{status}, 503, 'it misbehaves on command');
is($client->get($models)->{status}, 200, 'as often as it was told');

my $pid = $emulator->{pid};
$emulator->stop;
ok(!kill(0, $pid), 'it ends');

done_testing();
