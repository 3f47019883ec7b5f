package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/google/go-containerregistry/pkg/registry"
)

// serveRegistry is ecr-registry: registries in memory, one for each host name, on a port of the loopback interface
// that it prints. AWS decides on every request; nothing here knows a password. An htpasswd file could not tell two
// tokens apart: bcrypt sees the first 72 bytes of a password, and one of ECR's has about 1,400.
func serveRegistry(arguments []string) error {
	flags := flag.NewFlagSet("ecr-registry", flag.ExitOnError)
	certificate := flags.String("certificate", "", "file with the certificate (PEM)")
	key := flags.String("key", "", "file with its key (PEM)")
	aws := flags.String("aws", "", "URL of the fake AWS")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	doors := &doors{aws: *aws, client: &http.Client{Transport: &http.Transport{}}}
	return http.ServeTLS(listener, doors, *certificate, *key)
}

// doors are the registries of all hosts, each behind the question whether AWS lets a request in.
type doors struct {
	aws        string
	client     *http.Client // without a proxy, whatever the environment says
	registries sync.Map
}

// question is what decides on a request: the arguments of the fake's `registry_request`.
type question struct {
	Host          string `json:"host"`
	Method        string `json:"method"`
	Path          string `json:"path"`
	Authorization string `json:"authorization"`
}

// answer is what AWS says to it: any status but 200 is the client's, with headers and body.
type answer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func (d *doors) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	verdict, err := d.ask(question{request.Host, request.Method, request.URL.Path, request.Header.Get("Authorization")})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		http.Error(writer, err.Error(), http.StatusInternalServerError)
		return
	}
	if verdict.Status == http.StatusOK {
		d.registry(request.Host).ServeHTTP(writer, request)
		return
	}
	for name, value := range verdict.Headers {
		writer.Header().Set(name, value)
	}
	writer.WriteHeader(verdict.Status)
	_, _ = io.WriteString(writer, verdict.Body)
}

func (d *doors) ask(about question) (*answer, error) {
	body, err := json.Marshal(about)
	if err != nil {
		return nil, err
	}
	response, err := d.client.Post(d.aws+"/_fake/registry_request", "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var said struct {
		Result *answer `json:"result"`
		Error  string  `json:"error"`
	}
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil {
		return nil, err
	}
	if said.Result == nil {
		return nil, errors.New("the fake AWS: " + said.Error)
	}
	return said.Result, nil
}

func (d *doors) registry(host string) http.Handler {
	found, _ := d.registries.LoadOrStore(host, registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	return found.(http.Handler)
}
