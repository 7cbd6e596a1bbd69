# HftTest: what every TAP test of hft needs
#
#     use HftTest;
#
#     my $emulator = start_emulator();
#     my $node = new_node('main', preload => 1);
#     $node->add_server('openai', provider => 'openai',
#         base_url => $emulator->base_url('openai'));
#     ...
#     done_testing();
#
# Node and emulator are ended when the test ends, however it ends.  See
# HftNode.pm and HftEmulator.pm for what they can do.

package HftTest;

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(dirname);
use lib dirname(__FILE__);

use HftEmulator;
use HftNode;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = (@Test::More::EXPORT, qw(new_node start_emulator slurp_file));

sub new_node
{
	my ($name, %options) = @_;

	return HftNode->create($name, %options);
}

sub start_emulator
{
	my (%options) = @_;

	return HftEmulator->start(%options);
}

1;
