// A FastCGI application on Go's net/http/fcgi: does what the path says. Arguments: network and address to listen on.
package main

import (
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"strconv"
	"strings"
	"time"
)

func number(r *http.Request) int {
	n, _ := strconv.Atoi(r.URL.RawQuery)
	return n
}

func answer(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/status"):
		w.WriteHeader(number(r))
		fmt.Fprintf(w, "status %d", number(r))
	case strings.HasSuffix(r.URL.Path, "/body"):
		sum := crc32.NewIEEE()
		length, err := io.Copy(sum, r.Body)
		fmt.Fprintf(w, "%d %08x %v", length, sum.Sum32(), err)
	case strings.HasSuffix(r.URL.Path, "/large"):
		piece := []byte(strings.Repeat("0123456789abcdef", 4096))
		for left := number(r); left > 0; left -= len(piece) {
			if left < len(piece) {
				piece = piece[:left]
			}
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	case strings.HasSuffix(r.URL.Path, "/sleep"):
		time.Sleep(time.Duration(number(r)) * time.Millisecond)
		fmt.Fprintf(w, "slept %d", number(r))
	default:
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		fmt.Fprintf(w, "%s %s %s", r.Method, r.URL, r.Header.Get("X-Word"))
	}
}

func main() {
	listener, err := net.Listen(os.Args[1], os.Args[2])
	if err != nil {
		panic(err)
	}
	fmt.Println("listening")
	if err := fcgi.Serve(listener, http.HandlerFunc(answer)); err != nil {
		panic(err)
	}
}
