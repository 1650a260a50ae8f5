module kpclient

go 1.24
