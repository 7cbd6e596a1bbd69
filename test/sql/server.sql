-- Connections: what the validator of the wrapper refuses, and what it says.
CREATE EXTENSION hft;

-- a server needs a platform that we know
CREATE SERVER s FOREIGN DATA WRAPPER hft;
CREATE SERVER s FOREIGN DATA WRAPPER hft OPTIONS (provider 'opnai');
CREATE SERVER s FOREIGN DATA WRAPPER hft OPTIONS (provider 'openai');
CREATE SERVER t FOREIGN DATA WRAPPER hft
	OPTIONS (provider 'openai_compatible');
CREATE SERVER t FOREIGN DATA WRAPPER hft
	OPTIONS (provider 'openai_compatible', base_url 'https://gw.test/v1/');
ALTER SERVER s OPTIONS (DROP provider);

-- unknown options: the closest one, of the common list and the platform's
ALTER SERVER s OPTIONS (ADD base_uri 'https://gw.test');
ALTER SERVER s OPTIONS (ADD organisation 'org-1');
ALTER SERVER s OPTIONS (ADD organization 'org-1');
CREATE SERVER u TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER hft
	OPTIONS (provider 'openai', zzzzzzzzzzzz '1');

-- bad values
ALTER SERVER s OPTIONS (ADD base_url 'ftp://gw.test/v1');
ALTER SERVER s OPTIONS (ADD base_url 'https://me:pw@gw.test/v1');
ALTER SERVER s OPTIONS (ADD base_url E'https://gw.test/v1\r\nX: y');
ALTER SERVER s OPTIONS (SET organization E'org\r\nX-Evil: 1');

-- a secret would be readable by everyone there, whatever it is called
ALTER SERVER s OPTIONS (ADD api_key 'k');
ALTER SERVER s OPTIONS (ADD key_file 'k');
ALTER SERVER s OPTIONS (ADD bearer_token 'k');
ALTER SERVER s OPTIONS (SET organization 'sk-proj-0123456789abcdef0123456789');

-- options belong to servers and user mappings only
ALTER FOREIGN DATA WRAPPER hft OPTIONS (ADD provider 'openai');
CREATE FOREIGN TABLE ft (a int) SERVER s OPTIONS (x 'y');

-- user mappings: exactly one of key_file and api_key
CREATE USER MAPPING FOR PUBLIC SERVER s;
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (keyfile 'k');
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (key_file 'k', api_key 'x');
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (key_file '../k');
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (key_file '.hidden');
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (key_file '');
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (api_key E'k\nX: y');
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (key_file 'openai.key');
CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (api_key 'literal');

-- a user chooses neither where keys are sent nor which file is read (F78)
CREATE ROLE regress_hft_server;
GRANT USAGE ON FOREIGN DATA WRAPPER hft TO regress_hft_server;
GRANT USAGE ON FOREIGN SERVER s TO regress_hft_server;
SET ROLE regress_hft_server;
CREATE SERVER mine FOREIGN DATA WRAPPER hft
	OPTIONS (provider 'openai', base_url 'https://evil.test');
CREATE SERVER mine FOREIGN DATA WRAPPER hft OPTIONS (provider 'openai');
ALTER SERVER mine OPTIONS (ADD base_url 'https://evil.test');
CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (key_file 'boss.key');
CREATE USER MAPPING FOR CURRENT_USER SERVER mine OPTIONS (api_key 'own');
SET hft.secret_directory = '/tmp';
SET hft.ca_file = '/tmp/ca.pem';
SET hft.proxy = 'http://evil.test:8080';
SET hft.allowed_networks = '0.0.0.0/0';
SET hft.allow_http_loopback = on;
RESET ROLE;

-- a server whose destination is set stays with superusers
CREATE SERVER theirs FOREIGN DATA WRAPPER hft
	OPTIONS (provider 'openai', base_url 'https://gw.test/v1');
ALTER SERVER theirs OWNER TO regress_hft_server;
SET ROLE regress_hft_server;
ALTER SERVER theirs OPTIONS (SET base_url 'https://evil.test');
ALTER SERVER theirs OPTIONS (DROP base_url);
RESET ROLE;

SET client_min_messages = warning;
DROP EXTENSION hft CASCADE;
DROP ROLE regress_hft_server;
