/*-------------------------------------------------------------------------
 *
 * provider_rows_fireworks.h
 *	  The rows of Fireworks, and the facts they are about.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROVIDER_ROWS_FIREWORKS_H
#define PROVIDER_ROWS_FIREWORKS_H

#define FW_JOB "accounts/acme/supervisedFineTuningJobs/hft-j"
#define FW_PLACE "accounts/acme/deployments/hft-d"

__attribute__((unused))
static void
fireworks_facts(Rig *rig)
{
	rig->server.base_url = "https://host";
	rig->server.options = "{\"account_id\":\"acme\"}";
	rig->job.base_model = "qwen3-8b";
	rig->job.training_file = "accounts/acme/datasets/hft-t";
	rig->job.remote_id = FW_JOB;
	rig->job.remote_state = "JOB_STATE_RUNNING";
	rig->job.options = "{}";
	rig->file.remote_id = "accounts/acme/datasets/hft-t";
	rig->deployment.model = "accounts/acme/models/m";
	rig->deployment.remote_id = FW_PLACE;
	rig->deployment.options =
		"{\"accelerator_type\":\"NVIDIA_H100_80GB\",\"adapters\":true}";
	rig->call.model = "accounts/acme/models/m";
	rig->chat.model = FW_PLACE;
}

#define FIREWORKS_ROWS \
	{"fireworks", HFT_OP_FIND_FILE, NULL, "fireworks-dataset.json"}, \
	{"fireworks", HFT_OP_UPLOAD, NULL, "fireworks-dataset.json"}, \
	{"fireworks", HFT_OP_UPLOAD, "{\"stage\":\"look\"}", \
	"fireworks-dataset.json"}, \
	{"fireworks", HFT_OP_UPLOAD, "{\"stage\":\"send\"}", \
	"fireworks-upload.json"}, \
	{"fireworks", HFT_OP_UPLOAD, "{\"stage\":\"ask\"}", \
	"fireworks-address.json", 600000000}, \
	{"fireworks", HFT_OP_UPLOAD, "{\"stage\":\"validate\"}", \
	"fireworks-empty.json", 600000000}, \
	{"fireworks", HFT_OP_FILE_STATUS, NULL, "fireworks-dataset.json"}, \
	{"fireworks", HFT_OP_DELETE_FILE, NULL, "fireworks-empty.json"}, \
	{"fireworks", HFT_OP_ESTIMATE, NULL, "fireworks-price.json"}, \
	{"fireworks", HFT_OP_CREATE, NULL, "fireworks-job.json"}, \
	{"fireworks", HFT_OP_FIND, NULL, "fireworks-job.json"}, \
	{"fireworks", HFT_OP_STATUS, NULL, "fireworks-job.json"}, \
	{"fireworks", HFT_OP_HISTORY, NULL, "fireworks-job.json"}, \
	{"fireworks", HFT_OP_CANCEL, NULL, "fireworks-empty.json"}, \
	{"fireworks", HFT_OP_CANCEL, "{\"verify\":true}", \
	"fireworks-job-done.json"}, \
	{"fireworks", HFT_OP_RESUME, NULL, "fireworks-job.json"}, \
	{"fireworks", HFT_OP_LIST, NULL, "fireworks-jobs.json"}, \
	{"fireworks", HFT_OP_LIST, "{\"kind\":\"dpoJobs\",\"token\":\"2\"}", \
	"fireworks-dpo-jobs.json"}, \
	{"fireworks", HFT_OP_DEPLOY, NULL, "fireworks-model.json"}, \
	{"fireworks", HFT_OP_DEPLOY, "{\"model\":\"b\"}", \
	"fireworks-deployment.json"}, \
	{"fireworks", HFT_OP_DEPLOY, "{\"model\":\"b\",\"seen\":true}", \
	"fireworks-deployment.json"}, \
	{"fireworks", HFT_OP_FIND_DEPLOYMENT, NULL, \
	"fireworks-deployment.json"}, \
	{"fireworks", HFT_OP_DEPLOY_STATUS, NULL, \
	"fireworks-deployment.json"}, \
	{"fireworks", HFT_OP_DEPLOY_STATUS, "{\"stage\":\"adapters\"}", \
	"fireworks-adapters.json"}, \
	{"fireworks", HFT_OP_DEPLOY_STATUS, "{\"stage\":\"load\"}", \
	"fireworks-adapter.json"}, \
	{"fireworks", HFT_OP_UNDEPLOY, NULL, "fireworks-adapters.json"}, \
	{"fireworks", HFT_OP_UNDEPLOY, "{\"stage\":\"unload\",\"adapter\":" \
	"\"accounts/acme/deployedModels/x\"}", "fireworks-empty.json"}, \
	{"fireworks", HFT_OP_UNDEPLOY, "{\"stage\":\"delete\"}", \
	"fireworks-empty.json"}, \
	{"fireworks", HFT_OP_UNDEPLOY, "{\"stage\":\"look\"}", \
	"fireworks-deployment.json"}, \
	{"fireworks", HFT_OP_CHAT, NULL, "fireworks-chat.json"}, \
	{"fireworks", HFT_OP_MODEL_INFO, NULL, "fireworks-model.json"}, \
	{"fireworks", HFT_OP_MODEL_INFO, "{\"facts\":{}}", \
	"fireworks-weights.json"}, \
	{"fireworks", HFT_OP_DELETE_MODEL, NULL, "fireworks-empty.json"},

#endif							/* PROVIDER_ROWS_FIREWORKS_H */
