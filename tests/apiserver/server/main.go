// One Kubernetes API server and its etcd in one process, on loopback, for tests.
//
// The command line is that of kube-apiserver, and three flags before it say where etcd
// keeps its data and on which ports it listens:
//
//	apiserver --etcd-dir DIR --etcd-client-port P --etcd-peer-port Q --secure-port ...
//
// etcd neither syncs to disk nor speaks TLS: what it holds is thrown away with the test.
package main

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func loopback(port int) url.URL {
	return url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}
}

func startEtcd(dir string, clientPort, peerPort int) (*embed.Etcd, error) {
	config := embed.NewConfig()
	config.Dir = dir
	config.LogLevel = "error"
	config.UnsafeNoFsync = true
	client, peer := loopback(clientPort), loopback(peerPort)
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, nil
	case err := <-etcd.Err():
		return nil, err
	case <-time.After(30 * time.Second):
		return nil, fmt.Errorf("etcd was not ready within 30 s")
	}
}

func main() {
	ours := flag.NewFlagSet("etcd", flag.ExitOnError)
	dir := ours.String("etcd-dir", "", "where etcd keeps its data")
	clientPort := ours.Int("etcd-client-port", 0, "port for clients of etcd")
	peerPort := ours.Int("etcd-peer-port", 0, "port for peers of etcd")
	if len(os.Args) < 7 {
		fmt.Fprintln(os.Stderr, "usage: apiserver --etcd-dir DIR --etcd-client-port P "+
			"--etcd-peer-port Q [flags of kube-apiserver]")
		os.Exit(2)
	}
	if err := ours.Parse(os.Args[1:7]); err != nil {
		os.Exit(2)
	}
	etcd, err := startEtcd(*dir, *clientPort, *peerPort)
	if err != nil {
		fmt.Fprintln(os.Stderr, "etcd:", err)
		os.Exit(1)
	}
	signal.Ignore(syscall.SIGHUP)
	servers := loopback(*clientPort)
	command := app.NewAPIServerCommand()
	command.SetArgs(append([]string{"--etcd-servers", servers.String()}, os.Args[7:]...))
	code := cli.Run(command)
	etcd.Close()
	os.Exit(code)
}
