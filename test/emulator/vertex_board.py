"""The curves of Vertex's tuning jobs: a metadata context that names a
TensorBoard, its runs, their time series and the points."""

import random

from clock import rfc3339
from dialect import route
from vertex_checks import VertexError

BOARD = "5550001"
SERIES = {"11": "/train_total_loss",
          "12": "/train_fraction_of_correct_next_step_preds",
          "13": "/train_num_predictions",
          "21": "/eval_total_loss",
          "22": "/eval_fraction_of_correct_next_step_preds"}
SAMPLE = 1000
POINTS_MAX = 10000


class VertexBoard:
    """The routes under metadataStores and tensorboards."""

    def experiment_id(self, job):
        return "tuning-experiment-" + job.id

    def experiment_name(self, job):
        return "%s/metadataStores/default/contexts/%s" % (
            self.parent(job.account), self.experiment_id(job))

    def has_experiment(self, job):
        """Once it runs, and after it was looked at often enough."""
        return job.started_at is not None and \
            job.extra["looks"] >= self.world.settings.experiment_polls

    def _job_by_experiment(self, account, ident):
        job = account.jobs.get(ident.replace("tuning-experiment-", "", 1))
        if job is None or not self.has_experiment(job):
            raise VertexError(404, "The resource does not exist.")
        job.advance(self.now())
        return job

    def _run_name(self, job):
        return "%s/tensorboards/%s/experiments/%s/runs/run-1" % (
            self.parent(job.account), BOARD, self.experiment_id(job))

    @route("GET", "/v1/projects/{project}/locations/{place}/metadataStores/"
           "{store}/contexts/{ident}", "context.get")
    async def get_context(self, request, project, place, store, ident):
        job = self._job_by_experiment(request.account, ident)
        return {"name": self.experiment_name(job),
                "schemaTitle": "system.Experiment", "schemaVersion": "0.0.1",
                "metadata": {
                    "experiment_deleted": False,
                    "backing_tensorboard_resource": "%s/tensorboards/%s" % (
                        self.parent(job.account), BOARD)}}

    @route("GET", "/v1/projects/{project}/locations/{place}/tensorboards/"
           "{board}/experiments/{ident}/runs", "run.list")
    async def list_runs(self, request, project, place, board, ident):
        job = self._job_by_experiment(request.account, ident)
        return {"tensorboardRuns": [
            {"name": self._run_name(job), "displayName": "run-1",
             "createTime": rfc3339(job.started_at)}]}

    def _series_of(self, job):
        """The series there are: those of validation only with a file."""
        if not job.steps_done or (self.world.settings.series_at_end
                                  and not job.terminal):
            return []
        return [ident for ident in SERIES
                if ident < "20" or job.valid_report]

    @route("GET", "/v1/projects/{project}/locations/{place}/tensorboards/"
           "{board}/experiments/{ident}/runs/{run}/timeSeries",
           "series.list")
    async def list_series(self, request, project, place, board, ident, run):
        job = self._job_by_experiment(request.account, ident)
        shown = []
        for series in self._series_of(job):
            points = self._points(job, series)
            if points:
                shown.append({
                    "name": self._run_name(job) + "/timeSeries/" + series,
                    "displayName": SERIES[series], "valueType": "SCALAR",
                    "metadata": {"maxStep": points[-1].get("step", "0"),
                                 "maxWallTime": points[-1]["wallTime"]}})
        return {"tensorboardTimeSeries": shown} if shown else {}

    @route("GET", "/v1/projects/{project}/locations/{place}/tensorboards/"
           "{board}/experiments/{ident}/runs/{run}/timeSeries/{series}/:read",
           "series.read")
    async def read_series(self, request, project, place, board, ident, run,
                          series):
        job = self._job_by_experiment(request.account, ident)
        if series not in self._series_of(job):
            raise VertexError(404, "The time series does not exist.")
        points = self._points(job, series)
        most = int(request.query.get("maxDataPoints") or SAMPLE)
        if most < 0:
            points = points[:POINTS_MAX]
        elif len(points) > most:
            keep = sorted(random.Random(len(points)).sample(
                range(len(points)), most))
            points = [points[place] for place in keep]
        return {"timeSeriesData": {"tensorboardTimeSeriesId": series,
                                   "valueType": "SCALAR", "values": points}}

    def _points(self, job, series):
        """Zeros are left out, as JSON made from protocol buffers does."""
        points = []
        for step in range(1, job.steps_done + 1):
            value = self._value(job, series, step)
            if value is None:
                continue
            value = round(value, 6)
            points.append({
                "wallTime": rfc3339(job.step_times[step - 1]),
                "step": str(step),
                "scalar": {"value": value} if value else {}})
        return points

    def _value(self, job, series, step):
        measured = job.trace.steps[step - 1]
        if series == "11":
            return measured.train_loss
        if series == "12":
            return measured.train_accuracy
        if series == "13":
            return float(len(job.report.rows))
        if step not in job.epoch_ends:
            return None
        return measured.full_valid_loss if series == "21" \
            else measured.full_valid_accuracy
