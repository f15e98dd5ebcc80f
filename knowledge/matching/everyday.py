"""How often a text stands in logs of migrations in which nothing is wrong.

A signature is looked for by one of the texts it cannot do without; of several, the one that
healthy logs never say is the one to look for. Here is what they do say, line after line, as
Velero, node-agent, mig-controller, rsync and Kubernetes' clients word it. A wrong guess costs
time, never a hit.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import exp, log

_COMMON = (
    "clusterrolebindings clusterroles.rbac.authorization.k8s.io apiservices.apiregistration.k8s.io "
    "certificatesigningrequests.certificates.k8s.io ipaddresses servicecidrs networkpolicies "
    "ingressclasses ingresses.networking.k8s.io csinodes csidrivers csistoragecapacities "
    "storageclasses volumeattachments volumeattributesclasses.storage.k8s.io "
    "volumesnapshotclasses volumesnapshotcontents volumesnapshots.snapshot.storage.k8s.io "
    "validatingwebhookconfigurations mutatingwebhookconfigurations validatingadmissionpolicies "
    "validatingadmissionpolicybindings mutatingadmissionpolicies mutatingadmissionpolicybindings"
    ".admissionregistration.k8s.io priorityclasses.scheduling.k8s.io runtimeclasses.node.k8s.io "
    "resourceslices deviceclasses resourceclaims resourceclaimtemplates.resource.k8s.io "
    "flowschemas prioritylevelconfigurations.flowcontrol.apiserver.k8s.io clusterversions "
    "clusteroperators infrastructures.config.openshift.io images imagestreamtags imagestreams"
    ".image.openshift.io projects.project.openshift.io securitycontextconstraints"
    ".security.openshift.io groups.user.openshift.io routes.route.openshift.io templates"
    ".template.openshift.io buildconfigs builds.build.openshift.io deploymentconfigs"
    ".apps.openshift.io customresourcedefinitions.apiextensions.k8s.io nodes namespaces "
    "resourcequotas limitranges podtemplates services endpoints events replicationcontrollers "
    "serviceaccounts secrets configmaps pods persistentvolumeclaims persistentvolumes "
    "replicasets controllerrevisions daemonsets statefulsets deployments.apps "
    "horizontalpodautoscalers.autoscaling cronjobs jobs.batch poddisruptionbudgets.policy "
    "rolebindings roles leases.coordination.k8s.io endpointslices.discovery.k8s.io "
    "events.events.k8s.io podvolumebackups podvolumerestores downloadrequests restores schedules "
    "serverstatusrequests backups backupstoragelocations deletebackuprequests backuprepositories "
    "volumesnapshotlocations datadownloads datauploads.velero.io miganalytics migclusters mighooks "
    "migmigrations migplans migstorages directimagemigrations directimagestreammigrations "
    "directvolumemigrations directvolumemigrationprogresses.migration.openshift.io "
)
"""The kinds that Velero names, each of them in a few lines of every backup."""
_EACH_KIND = 15

_LINES: tuple[tuple[int, str], ...] = (
    (600, 'time="2024-01-01t00:00:00z" level=info msg="" backup=openshift-migration/'),
    (600, 'logsource="/go/src/github.com/vmware-tanzu/velero/pkg/backup/item_collector.go:390"'),
    (200, 'msg="getting items for resource" group=v1 namespace=web resource=pods'),
    (100, "skipping resource because it's excluded; listing items; retrieved 12 items for group"),
    (100, '{"level":"info","ts":1700000000.123,"logger":"migration","msg":"[run] (step 5/30) "'),
    (
        100,
        '"migmigration":{"name":"web","namespace":"openshift-migration"},"phase":"waiting for "} '
        "[run] migmigration=openshift-migration/ phaseelapsed",
    ),
    (
        70,
        '"logger":"directvolume","msg":"[run] (step 12/30) waiting for rsync route to be '
        'admitted.","phase":"ensurersyncrouteadmitted" list for groupresource was not paginated '
        "openshift-migration-rsync-transfer,directvolumemigration-rsync",
    ),
    (
        60,
        "plugin process exited cmd=/plugins/velero-plugin-for-aws "
        "controller=backup-storage-location controller=backup-sync id=123 "
        "plugin=/plugins/velero-plugin-for-aws logsource="
        "pkg/plugin/clientmgmt/process/logrus_adapter.go:80 registering plugin command=/velero "
        "kind=volumesnapshotlocation logsource= ; deleting incomplete restic podvolumebackups ; "
        "skipping resource volumeattachments",
    ),
    (
        50,
        "group=apps.openshift.io/v1 group=storage.k8s.io/v1 group=velero.io/v1 group=policy/v1 "
        "apiversion=migration.openshift.io/v1alpha1 restic_action.go:12 backup_operation.go:34 "
        "backup_location.go:56 conversion.go:78 migration.go:90 pkg/controller/task.go:11 "
        "on the source cluster on destination cluster of namespace in namespaces for pod for pvc "
        "for restic with no the pod volume was have been has been have not been is not waiting. "
        "waiting for ; this is already done; source cluster and destination cluster; ensuring ",
    ),
    (
        15,
        "kind=restoreitemaction logsource= kind=backupitemaction logsource= kind=itemblockaction "
        "resource=volumesnapshots resource=volumesnapshotcontents resource=volumesnapshotclass "
        "resource=clusterresourcesets.addons.cluster.x-k8s.io getting client for /v1, kind=pod "
        "skipping resource volumeattachments groupresource volumesnapshotlocations "
        "change_pvc_node_selector.go changepvcnodeselectoraction labelselector "
        "migmigration-controller directimagemigration-controller directvolumemigration-controller "
        "stage pods are terminated; stale resources to terminate; deleting incomplete restic "
        "podvolumebackups; incomplete velero backups and restores; container-image annotation, no "
        "init.hook.restore.velero.io with 0 init container(s); srcmigclusterref destmigclusterref "
        "rsync operation is still running. waiting for leftover stage pod deletion to finish. "
        "resource deletion has completed on source and target clusters; annotations and labels "
        "provide migration instructions ",
    ),
    (
        15,
        'name=velero.io/csi-volumesnapshot-backupper kind=downloadrequest msg="found custom '
        'resource" checking existence of velero custom resource definitions; not found","stacktrace'
        '; previous attempt of rsync did not fail; waiting for restore exec hooks starts; "type":'
        '"ready","status":"true","category":"required","message":"the cluster is ready. '
        "resource=clusterbootstraps.run.tanzu.vmware.com; due to client-side throttling, not "
        "priority and fairness, request: get:https://127.0.0.1/apis/ ; ensuring work queue is "
        "empty. initializing backup repository; checking backup repository for readiness; set "
        "maintenance according to repository; (step 4/22) cleaning up stale resources from; (step "
        "6/22) verifying the running source; rsync password secret not found; getting list of "
        'stage pods to create for; "targetaccessmodes":["readwriteonce"]; moving to '
        "finalizingpartiallyfailed; deletestalevirtualmachineinstancemigrations ",
    ),
    (
        60,
        "validating backupstoragelocation backup-storage-location=openshift-migration/ "
        "controller=backup-storage-location backupstoragelocations is valid, marking as available "
        "logsource=pkg/controller/backup_storage_location_controller.go:150",
    ),
    (
        60,
        "skipping resource , because it's cluster-scoped and only specific namespaces or namespace "
        "scope types are included in the backup. pkg/util/collections/includes_excludes.go:506",
    ),
    (
        20,
        "resource cannot be resolved via discovery logsource=pkg/restore/restore.go:400 restore="
        "openshift-migration/ executing item action for restored 1 items out of an estimated total "
        "of 10 (estimate will change throughout the restore) restore status includes excludes: ",
    ),
    (
        20,
        "ensuring velero has latest replication repository storage credentials. "
        "ensurecloudsecretpropagated execing into velero pod on migcluster to check for cloud "
        'credentials execcommand":"cat credentials/cloud" pod":"openshift-migration/velero-',
    ),
    (
        20,
        '"logger":"plan","msg":"pv discovery: starting for migration plan","migplan":{"name":"web" '
        '"migplannamespaces":["web"] finished for migration plan; setting default selections for '
        'discovered pv."persistentvolume":"pv-web","pvselectedaction":"copy",'
        '"pvselectedstorageclass":"nfs","pvcopymethod":"filesystem"',
    ),
    (
        10,
        "backed up 3 items out of an estimated total of 10 (estimate will change throughout the "
        "backup) name=web progress= processing item; backing up item; executing custom action; "
        "setting up backup temp file; setting up plugin manager; getting backup item actions; "
        "getting itemblock actions; setting up backup store to check for backup existence; "
        "writing backup version file; including namespaces; excluding namespaces; backing up all "
        "volumes using pod volume backup: false; setting up backup log; backup_controller.go; "
        "item_backupper.go; collected 10 items matching the backup spec from the kubernetes api "
        "(actual number of items backed up may be more or less depending on velero.io/exclude-"
        "from-backup annotation, plugins returning additional related items to back up, etc.); "
        "adding to itemblock; backing up item block including (1 items in block); setting up "
        "backup store to persist the backup; excluding item because resource is excluded; "
        "including resources; excluding resources; adding pvc to additionalitems; pod_helper.go; "
        "skipping resource because it cohabitates and we've already processed it; starting "
        "restore of backup; resource will be restored at cluster scope; waiting informer cache "
        "sync ...; waiting for all pod volume restores to complete; done waiting for all pod "
        "volume restores to complete; restore completed; patching newly dynamically provisioned pv "
        "starts; ends; marking restore completed; restore_finalizer_controller.go; creating "
        "namespace; attempting to restore; restoring resource; existing; the in-cluster version "
        "changeimagenameaction; pvc_action.go; pod_action.go; service account; item hook handler",
    ),
    (
        10,
        '"checking if velero backup has been replicated to destination cluster" waiting for '
        "initial velero backup replication to target cluster. ensureinitialbackupreplicated; "
        "waiting for refresh of migplan, migstorage and migcluster resources to complete "
        "waitforrefresh; waiting for initial velero backup to complete. initialbackupcreated; "
        "velero backup progress report backupprogress restoreprogress 0 out of estimated total of "
        "10 objects backed up (5s); running rsync pods to migrate persistent volume data "
        "runrsyncoperations; getting rsync password from secret on host migcluster; waiting for "
        "the rsync daemon pod to run waitforrsynctransferpodsrunning; "
        "cleanstaleresticcrs cleanstalevelerocrs cleanstalersyncresources cleanstalestagepods "
        "waitforstalestagepodsterminated deleteregistries; finalrestorecreated; "
        "ensurestagepodsfromrunning; quiescesourceapplications; ensuresrcquiesced; scaling "
        "deployment replicas; restartvelero restartrestic; verification; annotateresources; "
        "creating rsync transfer pod on destination; found existing; resource already exists; "
        "deleting; attempting to delete; the migration registry is healthy; has been deleted",
    ),
    (
        10,
        '"msg":"velero backup progress report" "msg":"velero restore progress report" velero '
        'annotations/labels removed on pod." "msg":"velero pod restart not required on destination '
        "cluster since velero crs were not deleted. checking for stale velero restore on "
        "migcluster; waiting for final velero restore to complete; running velero restore logs; "
        "waiting for quiesce (scaling to 0 replicas) to finish for deployments, deploymentconfigs, "
        "statefulsets, replicasets, daemonsets, cronjobs, jobs and virtual machines in source "
        "namespace. unquiescing (scaling to n replicas) target cluster "
        "deletestalevirtualmachineinstancemigrations; creating a direct volume migration progress "
        "cr to get progress percentage and transfer rate; rsync transfer route has been admitted "
        "successfully. creating one route for each namespace for rsync on the target cluster; "
        "got stage pod image from configmap; restoring pod volumes; pluginname=velero "
        "restore=openshift-migration/ ",
    ),
    (
        10,
        '"logger":"cluster","msg":"cr" "conditions":{"conditions":[{"type":"ready","status":"true",'
        '"category":"critical required advisory warn","message":"the cluster is ready.",'
        '"lasttransitiontime":"2024-01-01t00:00:00z","reason":"durable":true reconcile failed: []. '
        'see controller logs for details. "error":"configmaps \\"migration-cluster-config\\" not '
        'found","stacktrace":"github.com/konveyor/mig-controller/pkg/controller/migcluster/'
        "migcluster_controller.go:150 sigs.k8s.io/controller-runtime/pkg/internal/controller."
        "(*controller).reconcile reconcilehandler processnextworkitem start.func2.2 "
        "/go/pkg/mod/ pkg/controller/migplan/ migmigration/ directvolumemigration/",
    ),
    (
        20,
        '"logger":"storage" "migstorage":"web" "openshift-migration/migration-cluster-config" '
        "summary for skipped pvs: [] attempting to sync backup into cluster; velero.io/"
        "csi-volumesnapshotcontent-backupper mighook-controller migstorage-controller; pod web/web "
        "has no init.hook.restore; attempting to restore pod: web-0; skipping resource "
        "deviceclasses; restoring persistent volume as-is because it doesn't have a snapshot; "
        "deletestalevirtualmachineinstancemigrations; pvc mounts are available; stage pods, "
        "ensuring latest; initial backup processing complete, moving to finalizingpartiallyfailed; "
        "there is no existing backupstoragelocation set as default; getting list of pvcs; found "
        "existing stage pod, skipping; have not yet been admitted. waiting. server starting... "
        "set maintenance according to; may be more or less depending on; is preparing; found 1 "
        "backups in the backup location that do not exist in the cluster",
    ),
    (
        5,
        "starting eventsource controller=backup controllergroup=velero.io controllerkind=backup "
        'controllerkind=restore logrusr.go source="kind source: *v1.backup" starting controller; '
        "starting workers; worker count=1; warnings.go:70] v1 componentstatus is deprecated in "
        "v1.19+; v1 endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 endpointslice "
        "i0101 00:00:00.000000 1 request.go:690] waited for 1.04s due to client-side throttling, "
        "not priority and fairness, request: get:https://172.30.0.1:443/apis/ "
        "reflector.go leaderelection.go successfully acquired lease",
    ),
    (
        5,
        "podvolumebackup starting completed podvolumerestore pod volume backup restore node-agent "
        "restic daemonset repository prepare repo ready backup repository maintenance "
        "looking for most recent completed podvolumebackup for this pvc; found existing valid; "
        "parent snapshot; volume=data; path is /host_pods/; snapshot id; unable no such file "
        "created backup repository; connecting; running maintenance on; stale locks; the managed "
        "fields for are patched",
    ),
    (
        5,
        "sending incremental file list; receiving file list; bytes/sec speedup is total size is "
        "rsync connect from unknown connection from log5[ui]: service [rsync] accepted connection "
        "from 127.0.0.1; s_connect: connected; connection closed: bytes sent to ssl, sent to "
        "socket; log7 log6 configuration successful; initializing inetd mode; ssl_accept "
        "before ssl initialization tls_process_server_hello certificate accepted at depth; "
        "http request response completed with error; authorized request go.version=; pull; "
        "playbook; task [migrationcontroller : ]; ok: [localhost]; changed: [localhost]; "
        "skipping: [localhost]; conditional result was false; gathering facts; play recap; "
        '"failed=0"; ansible-runner-service-project; "eventhandler"; "job":"123"; unreachable=0',
    ),
    (
        3,
        "name=velero.io/csi-volumesnapshot-class_velero.io updating application; "
        "deletestalevirtualmachineinstancemigrations virtualmachines openshift-migration-registry-"
        "rhel8 api/v1beta1 attempt of rsync did not fail; rsync failed for pvc, created a new pod; "
        "creating direct volume migration for creating target namespaces; running serviceaccount "
        "itemblockaction; are available for pvc backup; backups in the backup location that do "
        "not exist in the cluster and need to be synced; stage pods and mounting pvc data from "
        "stage: partially failed. 4 of targetaccessmodes:[readwriteonce readwritemany] restic "
        "restart is required; restic restart was not migrationfailed; its reclaim policy is not "
        "delete; 1 errors encountered backup; destination namespace for leftover; skipping "
        "snapshot of pv; vms are in expected state; progress cr to get progress; metric server at "
        "address [127.0.0.1:8080]; rsync client progress; rsync routes have not yet been "
        "admitted; repositorytype=restic volumenamespace; stunnel to connect to rsync on; "
        "have failed; is not found on host; found healthy running stage pod; skipping; all the "
        "stage pods; velero final restore on target; checking statefulsets; creating a stage "
        "backup; deleting stage pod image for source cluster",
    ),
    (
        3,
        "error: err= failed: failed to unable to invalid not found timeout timed out denied "
        "forbidden unauthorized refused certificate permission does not exist no such host "
        "connection already exists is required must be deprecated unsupported cannot exceeded "
        "the server could not find the requested resource; the object has been modified; please "
        "apply your changes to the latest version and try again; operation cannot be fulfilled; "
        "context deadline exceeded; context canceled; eof; https:// http:// request response "
        "status code exit code error code = desc = warning critical image registry bucket object "
        "storage location snapshot volume token secret",
    ),
)
_GRAM = 4
_SHORT = 3000
"""What a text of fewer bytes than ``_GRAM`` is taken for: it may stand in many a word."""
_UNSEEN = 0.05


@cache
def _all() -> tuple[tuple[int, str], ...]:
    return (*_LINES, (_EACH_KIND, _COMMON), (_EACH_KIND, " restore ".join(_COMMON.split())))


@cache
def _grams() -> tuple[Counter[str], Counter[str]]:
    """Return how often texts of four bytes are said, and of three."""
    longer: Counter[str] = Counter()
    shorter: Counter[str] = Counter()
    for weight, words in _all():
        for at in range(len(words) - _GRAM + 1):
            gram = words[at : at + _GRAM]
            longer[gram] += weight
            shorter[gram[:-1]] += weight
    return longer, shorter


@cache
def plainness(text: str) -> float:
    """Return how usual the letters of a text are, two by two: 1 for average, less for rarer."""
    pairs, total = _pairs()
    shares = [pairs[text[at : at + 2]] / total * 1000 for at in range(len(text) - 1)]
    if not shares:
        return 1.0
    return exp(sum(log(share + 0.05) for share in shares) / len(shares))


@cache
def _pairs() -> tuple[Counter[str], int]:
    pairs: Counter[str] = Counter()
    for weight, words in _all():
        for at in range(len(words) - 1):
            pairs[words[at : at + 2]] += weight
    return pairs, pairs.total()


@cache
def commonness(text: str) -> float:
    """Return roughly how many of a thousand healthy lines hold a text (lower case).

    What is not said above is rated by the likelihood of its letters, each after three others.
    """
    if len(text) < _GRAM:
        return _SHORT
    said = max((weight for weight, words in _all() if text in words), default=0)
    longer, shorter = _grams()
    likely = longer[text[:_GRAM]] + _UNSEEN
    for at in range(1, len(text) - _GRAM + 1):
        gram = text[at : at + _GRAM]
        likely *= (longer[gram] + _UNSEEN) / (shorter[gram[:-1]] + 1)
    return max(said, likely)
