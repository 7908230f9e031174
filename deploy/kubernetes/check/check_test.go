// Package check holds the manifests of deploy/kubernetes to the types of Kubernetes and of
// the MPI operator, to the operator's own schema and validation, and to the program. It is a
// module of its own, so that cnntrain needs none of theirs.
package check

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	kubeflow "github.com/kubeflow/mpi-operator/pkg/apis/kubeflow/v2beta1"
	"github.com/kubeflow/mpi-operator/pkg/apis/kubeflow/validation"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// objects is what the manifests ask for, by kind.
type objects struct {
	jobs    []batch.Job
	mpi     []kubeflow.MPIJob
	configs []core.ConfigMap
	claims  []core.PersistentVolumeClaim
}

// add decodes a document; a field that the type does not have is an error.
func (o *objects) add(doc []byte) error {
	var kind meta.TypeMeta
	if err := yaml.Unmarshal(doc, &kind); err != nil {
		return err
	}
	switch kind.APIVersion + " " + kind.Kind {
	case "batch/v1 Job":
		return decode(doc, &o.jobs)
	case "kubeflow.org/v2beta1 MPIJob":
		return decode(doc, &o.mpi)
	case "v1 ConfigMap":
		return decode(doc, &o.configs)
	case "v1 PersistentVolumeClaim":
		return decode(doc, &o.claims)
	case "kustomize.config.k8s.io/v1beta1 Kustomization":
		return nil
	}
	return fmt.Errorf("nobody checks %s %s", kind.APIVersion, kind.Kind)
}

func decode[T any](doc []byte, into *[]T) error {
	var v T
	text, err := yaml.YAMLToJSONStrict(doc)
	if err != nil {
		return err
	}
	unknown, err := json.UnmarshalStrict(text, &v)
	if err := errors.Join(append(unknown, err)...); err != nil {
		return err
	}
	*into = append(*into, v)
	return nil
}

func read(t *testing.T) *objects {
	t.Helper()
	files, err := filepath.Glob("../*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	o := &objects{}
	for _, file := range files {
		doc, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.add(doc); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	return o
}

// pods is every pod that is asked for, by a name for messages.
func (o *objects) pods() map[string]core.PodSpec {
	pods := map[string]core.PodSpec{}
	for _, j := range o.jobs {
		pods["job "+j.Name] = j.Spec.Template.Spec
	}
	for _, m := range o.mpi {
		for role, r := range m.Spec.MPIReplicaSpecs {
			pods["MPIJob "+m.Name+" "+string(role)] = r.Template.Spec
		}
	}
	return pods
}

// problems is what the types cannot tell.
func (o *objects) problems() (all []string) {
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for name, pod := range o.pods() {
		var volumes []string
		for _, v := range pod.Volumes {
			volumes = append(volumes, v.Name)
			if c := v.ConfigMap; c != nil && !slices.ContainsFunc(o.configs, func(m core.ConfigMap) bool { return m.Name == c.Name }) {
				add("%s: no ConfigMap %s", name, c.Name)
			}
			if c := v.PersistentVolumeClaim; c != nil && !slices.ContainsFunc(o.claims, func(p core.PersistentVolumeClaim) bool { return p.Name == c.ClaimName }) {
				add("%s: no claim %s", name, c.ClaimName)
			}
		}
		for _, c := range pod.Containers {
			for _, m := range c.VolumeMounts {
				if !slices.Contains(volumes, m.Name) {
					add("%s: no volume %s", name, m.Name)
				}
			}
			if s := c.SecurityContext; s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation {
				add("%s: %s may gain privileges", name, c.Name)
			}
			if c.Resources.Requests.Cpu().Cmp(*c.Resources.Limits.Cpu()) != 0 || c.Resources.Limits.Memory().IsZero() {
				add("%s: %s has no processors of its own", name, c.Name)
			}
		}
		if s := pod.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot {
			add("%s: may run as root", name)
		}
	}
	for _, j := range o.jobs {
		s := j.Spec
		indexed := s.CompletionMode != nil && *s.CompletionMode == batch.IndexedCompletion
		if s.BackoffLimitPerIndex != nil && !indexed {
			add("job %s: tries of each index, but no indices", j.Name)
		}
		if s.PodFailurePolicy != nil && s.Template.Spec.RestartPolicy != core.RestartPolicyNever {
			add("job %s: a podFailurePolicy needs restartPolicy: Never", j.Name)
		}
		if s.PodFailurePolicy != nil {
			for _, r := range s.PodFailurePolicy.Rules {
				if e := r.OnExitCodes; e != nil && e.ContainerName != nil && !slices.ContainsFunc(s.Template.Spec.Containers, func(c core.Container) bool { return c.Name == *e.ContainerName }) {
					add("job %s: no container %s", j.Name, *e.ContainerName)
				}
			}
		}
	}
	for _, m := range o.mpi {
		kubeflow.SetDefaults_MPIJob(&m)
		for _, err := range validation.ValidateMPIJob(&m) {
			add("MPIJob %s: %v", m.Name, err)
		}
		workers := *m.Spec.MPIReplicaSpecs[kubeflow.MPIReplicaTypeWorker].Replicas * *m.Spec.SlotsPerWorker
		if text := fmt.Sprint(m.Spec.MPIReplicaSpecs[kubeflow.MPIReplicaTypeLauncher].Template.Spec.Containers[0].Args); !strings.Contains(text, fmt.Sprintf("mpirun -n %d ", workers)) {
			add("MPIJob %s: mpirun does not start %d ranks", m.Name, workers)
		}
	}
	return all
}

func TestManifestsFitTheirTypes(t *testing.T) {
	o := read(t)
	for _, p := range o.problems() {
		t.Error(p)
	}
	if len(o.jobs) != 2 || len(o.mpi) != 1 {
		t.Errorf("%d jobs and %d MPIJobs", len(o.jobs), len(o.mpi))
	}
}

// crd is the schema of an MPIJob that the operator gives to the cluster.
func crd(t *testing.T) *spec.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/kubeflow/mpi-operator").Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(strings.TrimSpace(string(dir)) + "/deploy/v2beta1/mpi-operator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range bytes.Split(text, []byte("\n---\n")) {
		var c struct {
			Kind string
			Spec struct {
				Versions []struct {
					Schema struct{ OpenAPIV3Schema *spec.Schema }
				}
			}
		}
		if err := yaml.Unmarshal(doc, &c); err != nil {
			t.Fatal(err)
		}
		if c.Kind == "CustomResourceDefinition" {
			return c.Spec.Versions[0].Schema.OpenAPIV3Schema
		}
	}
	t.Fatal("the operator ships no schema")
	return nil
}

func TestMPIJobFitsTheSchemaOfTheOperator(t *testing.T) {
	validator := validate.NewSchemaValidator(crd(t), nil, "", strfmt.Default)
	text, err := os.ReadFile("../train-mpijob.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for right, wrong := range map[string]string{"": "", "slotsPerWorker: 1": "slotsPerWorker: one", "mpiImplementation: OpenMPI": "mpiImplementation: LAM"} {
		var doc any
		if err := yaml.Unmarshal([]byte(strings.Replace(string(text), right, wrong, 1)), &doc); err != nil {
			t.Fatal(err)
		}
		result := validator.Validate(doc)
		if good := right == ""; good != result.IsValid() {
			t.Errorf("%q in place of %q: %v", wrong, right, result.Errors)
		}
	}
}

// What the checks are there to find, they find.
func TestMistakesAreFound(t *testing.T) {
	for file, mistakes := range map[string]map[string]string{
		"sweep-job.yaml": {
			"completionMode": "completionmode", "backoffLimitPerIndex: 2": "backoffLimitPerIndex: two",
			"claimName: cnntrain}": "claimName: cnntrian}", "{name: specs, mountPath": "{name: spec, mountPath",
			"restartPolicy: Never": "restartPolicy: OnFailure", "completionMode: Indexed": "completionMode: NonIndexed",
			"containerName: cnntrain, operator: In, values: [2]": "containerName: trainer, operator: In, values: [2]",
		},
		"train-mpijob.yaml": {
			"slotsPerWorker: 1": "slotsPerWorker: 2", "slotsPerWorker": "slotPerWorker", "cleanPodPolicy: Running": "cleanPodPolicy: Sometimes",
			"replicas: 4": "replicas: 3", "Launcher:": "Luncher:", "name: cnntrain-specs": "name: specs",
		},
	} {
		text, err := os.ReadFile("../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for right, wrong := range mistakes {
			if !strings.Contains(string(text), right) {
				t.Errorf("%s has no %q any more", file, right)
			}
			o := &objects{}
			for _, other := range []string{"storage.yaml", "sweep-files.yaml"} {
				doc, err := os.ReadFile("../" + other)
				if err == nil {
					err = o.add(doc)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := o.add([]byte(strings.Replace(string(text), right, wrong, 1))); err == nil && !found(o) {
				t.Errorf("%s: %q in place of %q is not found", file, wrong, right)
			}
		}
	}
}

// found reports whether there are problems; a panic of the operator's validation is one.
func found(o *objects) (yes bool) {
	defer func() { yes = recover() != nil || yes }()
	return len(o.problems()) > 0
}

// kubectl puts all of it together.
func TestKustomizationRenders(t *testing.T) {
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Skip("kubectl is not here")
	}
	out, err := exec.Command("kubectl", "kustomize", "..").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	o := &objects{}
	for _, doc := range bytes.Split(out, []byte("\n---\n")) {
		if err := o.add(doc); err != nil {
			t.Error(err)
		}
	}
	if p := o.problems(); len(o.jobs) != 2 || len(o.mpi) != 1 || len(p) > 0 {
		t.Errorf("%d jobs, %d MPIJobs, %v", len(o.jobs), len(o.mpi), p)
	}
}

// TestCommandsRun runs what the containers run, one after the other, with their volumes as
// folders here: the sweep is created, each index trains its member, and does so once.
func TestCommandsRun(t *testing.T) {
	program := os.Getenv("CNNTRAIN")
	if program == "" {
		t.Skip("CNNTRAIN names no program to run")
	}
	o := read(t)
	dir := t.TempDir()
	t.Chdir(dir)
	here := strings.NewReplacer("/specs", dir, "/work", dir, "/data", dir)
	for _, c := range o.configs {
		for name, text := range c.Data {
			text = strings.NewReplacer("epochs: 10", "epochs: 1", "dataset: shapes", "dataset: {shapes: {train: 100, test: 20}}").Replace(here.Replace(text))
			if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	run := func(args []string, index string) {
		t.Helper()
		var words []string
		for _, a := range args {
			words = append(words, here.Replace(strings.ReplaceAll(a, "$(JOB_COMPLETION_INDEX)", index)))
		}
		cmd := exec.Command(program, words...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", words, err, out)
		}
	}
	args := map[string][]string{}
	for _, j := range o.jobs {
		args[j.Name] = j.Spec.Template.Spec.Containers[0].Args
	}
	run(args["cnntrain-sweep-create"], "")
	members := 0
	for _, j := range o.jobs {
		if j.Name == "cnntrain-sweep" {
			members = int(*j.Spec.Completions)
		}
	}
	for i := range members {
		run(args["cnntrain-sweep"], fmt.Sprint(i))
	}
	run(args["cnntrain-sweep"], "0") // a pod that is started again
	out, err := exec.Command(program, "sweep", "status", "sweeps/rates/1").CombinedOutput()
	if err != nil || strings.Count(string(out), "finished") != members || strings.Contains(string(out), "to go") {
		t.Errorf("%v\n%s", err, out)
	}
	// The launcher's script, with mpirun in place of one, in a folder of a run that was killed before its training began.
	if err := errors.Join(os.Symlink(program, "cnntrain"), os.MkdirAll("runs/train", 0o777), os.WriteFile("runs/train/run.json", nil, 0o666)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("mpirun", []byte("#!/bin/sh\nwhile [ \"$1\" != cnntrain ]; do shift; done\nshift\nexec \""+program+"\" \"$@\"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	c := o.mpi[0].Spec.MPIReplicaSpecs[kubeflow.MPIReplicaTypeLauncher].Template.Spec.Containers[0]
	for _, want := range []string{"best epoch", "nothing is left to do"} {
		cmd := exec.Command(c.Command[0], c.Command[1], here.Replace(c.Args[0]))
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v, want %q\n%s", err, want, out)
		}
	}
}

// The program is built for MPI as the tests of cmd/cnntrain build it.
func TestImageBuildsWhatTestsBuild(t *testing.T) {
	text, err := os.ReadFile("../../../Dockerfile.mpi")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`CGO_ENABLED=1 CC=mpicc.openmpi go build -tags mpi .* \./cmd/cnntrain\n`).Match(text) {
		t.Error("Dockerfile.mpi builds otherwise than the tests")
	}
}
